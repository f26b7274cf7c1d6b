#include "config.h"
#include "symbolize/jit_code.h"

#include <stdlib.h>
#include <string.h>

/* ---- perf-PID.map: lines of "START SIZE name", numbers hexadecimal ---- */

/* A number and the blank behind it. */
static bool read_hex(char **text, uint64_t *value)
{
	char *end;

	*value = strtoull(*text, &end, 16);
	if (end == *text || *end != ' ')
		return false;
	*text = end + 1;
	return true;
}

static void take_line(char *line, const struct jit_taker *taker)
{
	struct jit_code code = { 0 };
	size_t length = strlen(line);

	if (length > 0 && line[length - 1] == '\r')
		line[length - 1] = '\0';
	if (!read_hex(&line, &code.start) || !read_hex(&line, &code.size) ||
	    !*line)
		return;
	code.name = line;
	taker->take(taker->context, &code);
}

void jit_read_perf_map(char *text, size_t size, const struct jit_taker *taker)
{
	char *limit = text + size;

	while (text < limit) {
		char *end = memchr(text, '\n', (size_t)(limit - text));

		/* A line that is still being written has no end. */
		if (!end)
			return;
		*end = '\0';
		take_line(text, taker);
		text = end + 1;
	}
}

/* ---- jitdump ---- */

enum {
	DUMP_MAGIC = 0x4a695444, /* "JiTD" */
	RECORD_LOAD = 0,
	RECORD_MOVE = 1,
	RECORD_DEBUG_INFO = 2,
	RECORD_UNWINDING = 4,
};

/* A string up to its NUL. */
static const char *read_string(struct reader *r)
{
	const unsigned char *end = memchr(r->pos, 0, reader_left(r));

	return reader_string(r, end ? (size_t)(end - r->pos) + 1
				    : reader_left(r) + 1);
}

bool jit_next_line(struct jit_code *code, struct jit_line *line)
{
	const char *file;

	if (code->n_lines == 0)
		return false;
	code->n_lines--;
	line->start = reader_u64(&code->lines);
	line->line = reader_u32(&code->lines);
	reader_u32(&code->lines); /* discriminator */
	file = read_string(&code->lines);
	if (!reader_ok(&code->lines))
		return false;
	/* This stands for the file of the entry before. */
	if (strcmp(file, "\xff") != 0 || !line->file)
		line->file = file;
	return true;
}

/* What came before a load and is of it. */
struct dump {
	struct jit_code lines;	 /* of the code at their start */
	struct reader unwinding; /* of the next load */
	uint32_t machine;
};

/* A load takes the line table that came before it for the same address. */
static void take_load(struct reader *r, struct dump *dump,
		      const struct jit_taker *taker)
{
	const struct jit_code *lines = &dump->lines;
	struct jit_code code = {
		.unwinding = dump->unwinding,
		.machine = dump->machine,
	};

	dump->unwinding = (struct reader){ 0 };
	reader_u64(r); /* process and thread */
	reader_u64(r); /* address as it is linked */
	code.start = reader_u64(r);
	code.size = reader_u64(r);
	reader_u64(r); /* number */
	code.name = read_string(r);
	if (!reader_ok(r))
		return;
	if (lines->start == code.start) {
		code.lines = lines->lines;
		code.n_lines = lines->n_lines;
	}
	taker->take(taker->context, &code);
}

static void take_move(struct reader *r, const struct jit_taker *taker)
{
	uint64_t start, size;

	reader_u64(r); /* process and thread */
	reader_u64(r); /* address as it is linked */
	reader_u64(r); /* where it was */
	start = reader_u64(r);
	size = reader_u64(r);
	if (reader_ok(r) && taker->take_move)
		taker->take_move(taker->context, start, size);
}

static void take_debug_info(struct reader *r, struct jit_code *lines)
{
	*lines = (struct jit_code){ 0 };
	lines->start = reader_u64(r);
	lines->n_lines = reader_u64(r);
	lines->lines = *r;
}

/* The section comes first, then an index of it (.eh_frame_hdr). */
static void take_unwinding(struct reader *r, struct reader *unwinding)
{
	uint64_t size = reader_u64(r), header_size = reader_u64(r);

	reader_u64(r); /* size as it is mapped */
	*unwinding = reader_items(
		r, size >= header_size ? size - header_size : UINT64_MAX, 1);
}

bool jit_read_dump(const void *bytes, size_t size,
		   const struct jit_taker *taker, struct err *err)
{
	struct reader r = reader_over(bytes, size, false), rest;
	struct dump dump = { 0 };
	uint32_t magic = reader_u32(&r), header_size;

	r.is_swapped = magic == __builtin_bswap32(DUMP_MAGIC);
	if (magic != DUMP_MAGIC && !r.is_swapped)
		return err_set(err, "not a jitdump file");
	reader_u32(&r); /* version */
	header_size = reader_u32(&r);
	dump.machine = reader_u32(&r);
	rest = reader_over(bytes, size, r.is_swapped);
	reader_bytes(&rest, header_size);
	while (reader_ok(&rest) && reader_left(&rest) > 0) {
		uint32_t id = reader_u32(&rest), record = reader_u32(&rest);
		struct reader body;

		reader_u64(&rest); /* time */
		if (record < 16)
			break;
		body = reader_items(&rest, record - 16, 1);
		if (!reader_ok(&rest))
			break;
		if (id == RECORD_LOAD)
			take_load(&body, &dump, taker);
		else if (id == RECORD_MOVE)
			take_move(&body, taker);
		else if (id == RECORD_DEBUG_INFO)
			take_debug_info(&body, &dump.lines);
		else if (id == RECORD_UNWINDING)
			take_unwinding(&body, &dump.unwinding);
	}
	return true;
}
