/*
 * A stack's process stands behind its frames, so their lines are kept until the
 * end of the key, or of what bcc prints. Which part is the kernel's is told by
 * the addresses.
 */
#include "config.h"
#include "conv/bpftrace_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "conv/space.h"
#include "conv/stacks_read.h"
#include "conv/words.h"

/* The kernel has the uppermost addresses; what frame pointers lead to where
 * there are none may be any number. */
#define LOWEST_KERNEL (UINT64_C(0xff) << 56)

enum state {
	STATE_IDLE,
	STATE_KEY, /* between the brackets of a key */
	STATE_BCC_FRAMES,
	STATE_BCC_COUNT, /* which stands behind the process */
};

struct bpftrace_text {
	struct stacks_told *told;
	struct text_input *text;
	enum state state;
	struct buf bytes;     /* what is kept of lines, NUL-terminated */
	VEC(size_t) lines;    /* of frames, in bytes */
	size_t n_first_lines; /* of the first stack, if there are two */
	size_t name;	      /* of the map, in bytes */
	size_t comm;	      /* in bytes */
	VEC(size_t) elements; /* of the key, but for stacks; in bytes */
	char *map;	      /* the last one that had keys */
	size_t text_element;  /* of all its keys; SIZE_MAX: not known */
	unsigned n_numbers;   /* in the key */
	bool has_comm;
	bool has_stack; /* one may be empty */
	uint32_t pid;
	uint32_t tid;
	VEC(struct raw_frame) frames;
	VEC(struct stated_frame) stated;
};

struct bpftrace_text *bpftrace_text_new(struct stacks_told *told,
					struct text_input *text)
{
	struct bpftrace_text *bpftrace = mem_zalloc(1, sizeof(*bpftrace));

	bpftrace->told = told;
	bpftrace->text = text;
	return bpftrace;
}

void bpftrace_text_free(struct bpftrace_text *bpftrace)
{
	buf_release(&bpftrace->bytes);
	vec_release(&bpftrace->lines);
	vec_release(&bpftrace->elements);
	free(bpftrace->map);
	vec_release(&bpftrace->frames);
	vec_release(&bpftrace->stated);
	free(bpftrace);
}

static size_t keep(struct bpftrace_text *bpftrace, const char *text)
{
	size_t at = bpftrace->bytes.size;

	buf_add(&bpftrace->bytes, text, strlen(text) + 1);
	return at;
}

static char *kept(struct bpftrace_text *bpftrace, size_t at)
{
	return (char *)bpftrace->bytes.bytes + at;
}

static void begin(struct bpftrace_text *bpftrace, enum state state,
		  const char *name)
{
	bpftrace->state = state;
	bpftrace->bytes.size = 0;
	bpftrace->lines.n = 0;
	bpftrace->elements.n = 0;
	bpftrace->n_first_lines = 0;
	bpftrace->name = keep(bpftrace, name);
	bpftrace->n_numbers = 0;
	bpftrace->has_comm = false;
	bpftrace->has_stack = false;
	bpftrace->pid = bpftrace->tid = 0;
}

static void skip(struct bpftrace_text *bpftrace, const char *why)
{
	struct err err;

	err_set(&err, "%s", why);
	text_input_skip(bpftrace->text, &err);
	bpftrace->state = STATE_IDLE;
}

/* ---- frames ---- */

/* "main+12", "main+0x12" → "main" */
static void cut_offset(char *name)
{
	char *plus = strrchr(name, '+');
	uint64_t offset;

	if (plus && plus > name && words_hex(plus + 1, &offset))
		*plus = '\0';
}

/* "main (/usr/bin/demo)", "main [demo]" → "main", "/usr/bin/demo"; NULL where
 * no module stands behind a name. */
static char *cut_module(char *name, bool has_address)
{
	size_t n = strlen(name);
	char *open = NULL;

	if (n == 0)
		return NULL;
	/* Without an address "operator() (int)" may stand there. */
	if (name[n - 1] == ')' && has_address)
		open = strrchr(name, '(');
	else if (name[n - 1] == ']' && n > 1)
		open = strrchr(name, '[');
	if (!open || words_start_with(open, "[clone") ||
	    (open > name && open[-1] != ' ') || (open == name && *open == '['))
		return NULL;
	name[n - 1] = '\0';
	*open = '\0';
	if (open > name)
		open[-1] = '\0';
	cut_offset(open + 1);
	return open[1] ? open + 1 : NULL;
}

/* bcc's mark for the kernel's names. */
static void cut_mark(char *name)
{
	size_t n = strlen(name);

	if (n > 4 && strcmp(name + n - 4, "_[k]") == 0)
		name[n - 4] = '\0';
}

/* The address in front of a line, where there is one. Of bcc's names, that
 * stand alone, some look like one. */
static char *take_address(struct raw_frame *frame, char *line, bool is_bcc)
{
	const char *at = line;
	bool has_prefix = words_start_with(line, "0x");

	if (has_prefix)
		at += 2;
	if ((is_bcc && !has_prefix) || !words_hex_at(&at, &frame->avma) ||
	    (*at && *at != ' '))
		return line;
	frame->has_address = true;
	frame->is_kernel = frame->avma >= LOWEST_KERNEL;
	return words_skip_spaces(line + (at - line));
}

/* "#12  0x7f…" → "0x7f…" */
static char *skip_number(char *line)
{
	char *end = line + 1 + strspn(line + 1, "0123456789");

	return *line == '#' && end > line + 1 ? words_skip_spaces(end) : line;
}

/* What is printed where there is no name. */
static bool is_unknown(const char *name)
{
	uint64_t address;

	return strcmp(name, "[unknown]") == 0 || words_hex(name, &address);
}

static void parse_frame(struct bpftrace_text *bpftrace, char *line, bool is_bcc)
{
	struct raw_frame *frame = vec_add(&bpftrace->frames);
	struct stated_frame *stated = vec_add(&bpftrace->stated);
	char *name;

	*frame = (struct raw_frame){ 0 };
	name = take_address(frame, skip_number(words_skip_spaces(line)),
			    is_bcc);
	frame->module = cut_module(name, frame->has_address);
	if (frame->module && is_unknown(frame->module))
		frame->module = NULL;
	cut_mark(name);
	cut_offset(name);
	if (!*name && !frame->has_address)
		name = line;
	*stated = (struct stated_frame){ .name = name };
	frame->n_stated = *name && (!frame->has_address || !is_unknown(name));
}

/*
 * What is mapped in the process may not be known. Then an address of it says
 * less than a name: it may be another function's in another process.
 */
static void place_frame(struct raw_frame *frame, bool is_mapped,
			bool has_part[2])
{
	if (!frame->has_address)
		return;
	frame->is_exact = !has_part[frame->is_kernel];
	has_part[frame->is_kernel] = true;
	if (!frame->is_kernel && !is_mapped && frame->n_stated > 0)
		frame->has_address = false;
}

/* A key has its stacks in the order in which the program names them; the
 * kernel's was called by the other. */
static void put_kernel_first(struct bpftrace_text *bpftrace)
{
	struct raw_frame *frames = bpftrace->frames.items, *first;
	size_t n = bpftrace->frames.n, n_first = bpftrace->n_first_lines;

	if (n_first == 0 || n_first >= n || frames[0].is_kernel ||
	    !frames[n_first].is_kernel)
		return;
	first = mem_alloc(n_first * sizeof(*frames));
	memcpy(first, frames, n_first * sizeof(*frames));
	memmove(frames, frames + n_first, (n - n_first) * sizeof(*frames));
	memcpy(frames + n - n_first, first, n_first * sizeof(*frames));
	free(first);
}

static uint32_t make_stack(struct bpftrace_text *bpftrace, bool is_bcc)
{
	struct stack_builder *builder = bpftrace->told->builder;
	bool is_mapped =
		stack_builder_space(builder, bpftrace->pid) != SPACE_EMPTY;
	bool has_part[2] = { false, false };

	bpftrace->frames.n = bpftrace->stated.n = 0;
	for (size_t i = 0; i < bpftrace->lines.n; i++)
		parse_frame(bpftrace, kept(bpftrace, bpftrace->lines.items[i]),
			    is_bcc);
	for (size_t i = 0; i < bpftrace->frames.n; i++) {
		struct raw_frame *frame = &bpftrace->frames.items[i];

		frame->stated = &bpftrace->stated.items[i];
		place_frame(frame, is_mapped, has_part);
	}
	put_kernel_first(bpftrace);
	return stack_builder_stack(builder, bpftrace->pid,
				   bpftrace->frames.items,
				   (uint32_t)bpftrace->frames.n);
}

static void finish(struct bpftrace_text *bpftrace, int64_t value)
{
	struct sample_facts *facts = &bpftrace->told->facts;
	const char *name = kept(bpftrace, bpftrace->name);
	bool is_bcc = bpftrace->state != STATE_KEY;
	struct raw_sample sample = {
		.pid = bpftrace->pid,
		.tid = bpftrace->n_numbers > 1 ? bpftrace->tid : bpftrace->pid,
		.weight = value,
	};

	if (bpftrace->has_comm)
		sample.comm = kept(bpftrace, bpftrace->comm);
	facts->has_pids |= bpftrace->n_numbers > 0;
	facts->has_tids |= bpftrace->n_numbers > 1;
	if (stacks_told_complete(bpftrace->told, &sample, *name ? name : NULL))
		stack_builder_sample(bpftrace->told->builder, &sample,
				     make_stack(bpftrace, is_bcc));
	bpftrace->state = STATE_IDLE;
}

/* ---- bpftrace: keys ---- */

static void take_element(struct bpftrace_text *bpftrace, const char *text)
{
	/* An empty one is a stack's place, or that of one without frames. */
	if (!*text)
		bpftrace->has_stack = true;
	else
		*vec_add(&bpftrace->elements) = keep(bpftrace, text);
}

/* Where a map has its text; of one map all keys are alike, and names of
 * programs may be numbers. */
static size_t find_text(struct bpftrace_text *bpftrace)
{
	const char *map = kept(bpftrace, bpftrace->name);
	uint32_t number;

	if (!bpftrace->map || strcmp(bpftrace->map, map) != 0) {
		free(bpftrace->map);
		bpftrace->map = mem_strdup(map);
		bpftrace->text_element = SIZE_MAX;
	}
	for (size_t i = 0; i < bpftrace->elements.n; i++)
		if (bpftrace->text_element == SIZE_MAX &&
		    !stacks_told_pid(
			    kept(bpftrace, bpftrace->elements.items[i]),
			    &number))
			bpftrace->text_element = i;
	return bpftrace->text_element;
}

static void tell_elements(struct bpftrace_text *bpftrace)
{
	size_t text = find_text(bpftrace);
	uint32_t number;

	for (size_t i = 0; i < bpftrace->elements.n; i++) {
		size_t element = bpftrace->elements.items[i];

		if (i == text) {
			bpftrace->comm = element;
			bpftrace->has_comm = true;
		} else if (stacks_told_pid(kept(bpftrace, element), &number)) {
			if (bpftrace->n_numbers == 0)
				bpftrace->pid = number;
			else if (bpftrace->n_numbers == 1)
				bpftrace->tid = number;
			bpftrace->n_numbers++;
		}
	}
}

static void take_elements(struct bpftrace_text *bpftrace, char *text)
{
	char *end;

	for (; (end = strstr(text, ", ")); text = end + 2) {
		*end = '\0';
		take_element(bpftrace, text);
	}
	take_element(bpftrace, text);
}

static void finish_key(struct bpftrace_text *bpftrace, int64_t value)
{
	tell_elements(bpftrace);
	finish(bpftrace, value);
}

/* The "]: " before the value; names may have others in them. */
static char *find_end(char *text)
{
	char *end = NULL;

	for (char *at = text; (at = strstr(at, "]: ")); at++)
		end = at;
	return end;
}

/* The blank behind a comma at the end of a line may be lost; a stack follows.
 */
static void cut_comma(struct bpftrace_text *bpftrace, char *text)
{
	size_t n = strlen(text);

	if (n == 0 || text[n - 1] != ',')
		return;
	text[n - 1] = '\0';
	bpftrace->has_stack = true;
}

/* The part of a key that stands on a line of its own. */
static void take_part(struct bpftrace_text *bpftrace, char *text)
{
	char *end = find_end(text);
	uint64_t value;

	if (!end) {
		cut_comma(bpftrace, text);
		take_elements(bpftrace, text);
		return;
	}
	*end = '\0';
	take_elements(bpftrace, text);
	if (!bpftrace->has_stack)
		bpftrace->state = STATE_IDLE;
	else if (!words_number(end + strlen("]: "), INT64_MAX, &value))
		skip(bpftrace, "the value of the map is no number");
	else
		finish_key(bpftrace, (int64_t)value);
}

static void take_in_key(struct bpftrace_text *bpftrace, char *line)
{
	if (*line == ',' || *line == ']') {
		if (bpftrace->n_first_lines == 0)
			bpftrace->n_first_lines = bpftrace->lines.n;
		take_part(bpftrace, line);
	} else if (*line)
		*vec_add(&bpftrace->lines) = keep(bpftrace, line);
}

/* What stands between an @ and a bracket; NULL where none follows. */
static char *find_bracket(char *line)
{
	char *at = line + 1;

	while ((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
	       (*at >= '0' && *at <= '9') || *at == '_')
		at++;
	return *at == '[' ? at : NULL;
}

/* Maps without a key have no stacks. */
static void begin_key(struct bpftrace_text *bpftrace, char *line)
{
	char *bracket = find_bracket(line);

	if (!bracket)
		return;
	*bracket = '\0';
	begin(bpftrace, STATE_KEY, line + 1);
	take_part(bpftrace, bracket + 1);
}

/* ---- bcc ---- */

#define BCC_INDENT "    "

/* "-                demo (1234)" */
static void take_bcc_process(struct bpftrace_text *bpftrace, char *text)
{
	char *open = strrchr(text, '('), *end = open ? strchr(open, ')') : NULL;

	if (!open || open == text || !end || end[1])
		return skip(bpftrace, "it should be \"- NAME (PID)\"");
	*end = '\0';
	open[-1] = '\0';
	if (!stacks_told_pid(open + 1, &bpftrace->pid))
		return skip(bpftrace, "it has no number of a process");
	bpftrace->n_numbers = 1;
	bpftrace->comm = keep(bpftrace, words_skip_spaces(text + 1));
	bpftrace->has_comm = true;
	bpftrace->state = STATE_BCC_COUNT;
}

static void take_bcc(struct bpftrace_text *bpftrace, char *line)
{
	char *text = line + strlen(BCC_INDENT);
	uint64_t value;

	if (bpftrace->state == STATE_IDLE)
		begin(bpftrace, STATE_BCC_FRAMES, "");
	if (bpftrace->state == STATE_BCC_COUNT) {
		if (words_number(words_skip_spaces(text), INT64_MAX, &value))
			finish(bpftrace, (int64_t)value);
		else
			skip(bpftrace, "it should be a number of samples");
	} else if (words_start_with(text, "- ")) {
		take_bcc_process(bpftrace, text);
	} else if (strcmp(text, "--") != 0 &&
		   *words_skip_spaces(text) != '\0') {
		*vec_add(&bpftrace->lines) = keep(bpftrace, text);
	}
}

/* ---- lines ---- */

/* What they say while they begin. */
static bool is_greeting(const char *line)
{
	return words_start_with(line, "Attaching ") ||
	       words_start_with(line, "Attached ") ||
	       words_start_with(line, "Sampling at ");
}

bool bpftrace_text_take(struct bpftrace_text *bpftrace, char *line)
{
	if (bpftrace->state == STATE_KEY && *line != '@' &&
	    !stacks_told_is_line(line)) {
		take_in_key(bpftrace, line);
		return true;
	}
	if (bpftrace->state != STATE_KEY &&
	    words_start_with(line, BCC_INDENT)) {
		take_bcc(bpftrace, line);
		return true;
	}
	if (bpftrace->state != STATE_IDLE && *line == '\0')
		return true;
	bpftrace_text_end(bpftrace);
	if (*line == '@')
		begin_key(bpftrace, line);
	return *line == '@' || is_greeting(line);
}

void bpftrace_text_end(struct bpftrace_text *bpftrace)
{
	if (bpftrace->state != STATE_IDLE)
		skip(bpftrace, "the stack before it has no end");
}

/* ---- kinds ---- */

/* "]: 12" at the end, or what stands for a value there. */
static bool ends_key(const char *line)
{
	const char *end = NULL;

	while ((line = strstr(line, "]: ")))
		end = line += 3;
	return end && end[strspn(end, "-(0123456789, )")] == '\0';
}

/* "@name[" and nothing else than the beginning of a key, or all of one. */
static bool is_key(char *line)
{
	return *line == '@' && find_bracket(line) &&
	       (!strchr(line, ']') || ends_key(line));
}

/* What programs print at their beginning may be anything; what is behind must
 * not be something else that has a line like a key. */
bool bpftrace_is_likely(const unsigned char *head, size_t size)
{
	bool has_key = false, has_end = false, is_in_front = true;
	char line[256];

	while (size > 0 && !has_end) {
		const unsigned char *newline = memchr(head, '\n', size);
		size_t n = newline ? (size_t)(newline - head) : size;
		size_t kept = n < sizeof(line) ? n : sizeof(line) - 1;

		memcpy(line, head, kept);
		line[kept] = '\0';
		if (kept > 0 && line[kept - 1] == '\r')
			line[kept - 1] = '\0';
		if (words_start_with(line, "Sampling at ") &&
		    strstr(line, " Hertz of "))
			return true;
		has_key = has_key || is_key(line);
		has_end = has_key && ends_key(line);
		/* A key that the text ends in is one, where it begins so. */
		is_in_front =
			is_in_front && (has_key || !*line || is_greeting(line));
		head += newline ? n + 1 : n;
		size -= newline ? n + 1 : n;
	}
	return has_end || (has_key && is_in_front);
}
