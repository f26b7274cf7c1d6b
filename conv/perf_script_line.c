/*
 * A sample as tools/perf/builtin-script.c prints it, each field where asked
 * for (-F):
 *
 *	COMM PID/TID [CPU] SECONDS.FRACTION:   PERIOD EVENT: TEXT
 *	<tab>         ADDRESS SYMBOL+0xOFFSET (DSO+0xOFFSET)
 *	  FILE:LINE
 *
 * or, without a callchain, " ADDRESS SYMBOL (DSO)" behind the text. Addresses
 * are always padded to 16 columns and a blank, which tells them from periods.
 * A thread's name may have any bytes; the time, or else the first field that
 * can be nothing but a number, tells where it ends.
 */
#include "config.h"
#include "conv/perf_script_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum {
	MAX_TOKENS = 64,
	/* Of an address: 16 columns and a blank in front. */
	ADDRESS_WIDTH = 17,
};

/* Where the upper half of a 64-bit address space begins at the latest. */
#define KERNEL_HALF UINT64_C(0xffff800000000000)

/* ---- tokens ---- */

struct token {
	const char *text;
	size_t n;
	size_t width; /* with the blanks in front */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The token at *at or behind; of no bytes at the end. */
static struct token next_token(const char **at)
{
	const char *start = *at, *end;
	struct token token = { .text = start };

	while (is_blank(*token.text))
		token.text++;
	for (end = token.text; *end && !is_blank(*end);)
		end++;
	token.n = (size_t)(end - token.text);
	token.width = (size_t)(end - start);
	*at = end;
	return token;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Digits to the end of the token; false where they are more than fit. */
static bool parse_digits(const char *text, size_t n, uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; i < n; i++)
		if (!is_digit(text[i]) ||
		    __builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, (uint64_t)(text[i] - '0'),
					   value))
			return false;
	return n > 0;
}

/* Returns the number of digits; 0: none, or more than fit. */
static size_t parse_hex(const char *text, uint64_t *value)
{
	size_t n;

	*value = 0;
	for (n = 0; hex_digit(text[n]) >= 0; n++) {
		if (n == 16)
			return 0;
		*value = *value << 4 | (uint64_t)hex_digit(text[n]);
	}
	return n;
}

static bool is_address(const struct token *token)
{
	uint64_t value;

	return token->width >= ADDRESS_WIDTH &&
	       parse_hex(token->text, &value) == token->n && token->n > 0;
}

static bool parse_id(const char *text, size_t n, uint32_t *id)
{
	bool is_negative = n > 1 && text[0] == '-';
	uint64_t value;

	/* Addresses have zeros in front, and other programs' numbers. */
	if ((n > 1 && text[0] == '0') ||
	    !parse_digits(text + is_negative, n - is_negative, &value) ||
	    value > INT32_MAX)
		return false;
	*id = is_negative ? -(uint32_t)value : (uint32_t)value;
	return true;
}

/* "PID/TID" or one of them. */
static bool take_ids(struct script_header *header, const struct token *token)
{
	const char *slash = memchr(token->text, '/', token->n);
	size_t n = slash ? (size_t)(slash - token->text) : token->n;

	if (is_address(token))
		return false;
	if (!slash)
		return header->has_tid =
			       parse_id(token->text, token->n, &header->tid);
	return header->has_pid = header->has_tid =
		       parse_id(token->text, n, &header->pid) &&
		       parse_id(slash + 1, token->n - n - 1, &header->tid);
}

/* "[003]" */
static bool take_cpu(struct script_header *header, const struct token *token)
{
	uint64_t cpu;

	if (token->n < 3 || token->text[0] != '[' ||
	    token->text[token->n - 1] != ']' ||
	    !parse_digits(token->text + 1, token->n - 2, &cpu) ||
	    cpu > INT32_MAX)
		return false;
	header->cpu = (uint32_t)cpu;
	return header->has_cpu = true;
}

/* "123.456789:" or "123.456789012:" */
static bool take_time(struct script_header *header, const struct token *token)
{
	const char *point = memchr(token->text, '.', token->n);
	uint64_t seconds, fraction, ns;
	size_t n;

	if (!point || token->text[token->n - 1] != ':')
		return false;
	n = (size_t)(token->text + token->n - 1 - (point + 1));
	if ((n != 6 && n != 9) || !parse_digits(point + 1, n, &fraction) ||
	    !parse_digits(token->text, (size_t)(point - token->text), &seconds))
		return false;
	if (n == 6)
		fraction *= 1000;
	if (__builtin_mul_overflow(seconds, UINT64_C(1000000000), &ns) ||
	    __builtin_add_overflow(ns, fraction, &header->time))
		return false;
	return header->has_time = true;
}

/* "cycles:u:" */
static bool take_event(struct script_header *header, const struct token *token)
{
	if (token->n < 2 || token->text[token->n - 1] != ':')
		return false;
	header->event = token->text;
	header->n_event = token->n - 1;
	return true;
}

/* ---- headers ---- */

struct tokens {
	struct token items[MAX_TOKENS];
	size_t n;
};

static void split(struct tokens *tokens, const char *line)
{
	for (tokens->n = 0; tokens->n < MAX_TOKENS; tokens->n++) {
		tokens->items[tokens->n] = next_token(&line);
		if (tokens->items[tokens->n].n == 0)
			return;
	}
}

/* All in front of a token is the name. */
static void take_comm(struct script_header *header, const struct tokens *tokens,
		      size_t limit)
{
	const struct token *last;

	if (limit == 0)
		return;
	last = &tokens->items[limit - 1];
	header->comm = tokens->items[0].text;
	header->n_comm = (size_t)(last->text + last->n - header->comm);
}

/* The letters of -F misc: they stand behind a processor or ids. */
static bool is_misc(const struct tokens *tokens, size_t i)
{
	const struct token *token = &tokens->items[i];
	struct script_header scratch;

	return i > 0 && strspn(token->text, "KUHGgMESDPt") == token->n &&
	       (take_cpu(&scratch, token - 1) || take_ids(&scratch, token - 1));
}

/* The n fields in front of the time, from its side. */
static void take_before_time(struct script_header *header,
			     const struct tokens *tokens, size_t n)
{
	if (n > 0 && is_misc(tokens, n - 1))
		n--;
	if (n > 0 && take_cpu(header, &tokens->items[n - 1]))
		n--;
	if (n > 0 && take_ids(header, &tokens->items[n - 1]))
		n--;
	take_comm(header, tokens, n);
}

/* Without a time: what is no part of a name, from the left. Returns the number
 * of the token behind. */
static size_t take_from_left(struct script_header *header,
			     const struct tokens *tokens)
{
	size_t i;

	for (i = 0; i < tokens->n; i++) {
		const struct token *token = &tokens->items[i];

		if (take_ids(header, token) || take_cpu(header, token) ||
		    is_address(token) || (i > 0 && take_event(header, token)))
			break;
	}
	take_comm(header, tokens, i);
	if (i == tokens->n || header->event || is_address(&tokens->items[i]))
		return i + (header->event != NULL);
	i++;
	if (i < tokens->n && !header->has_cpu &&
	    take_cpu(header, &tokens->items[i]))
		i++;
	return i;
}

static bool take_period(struct script_header *header, const struct token *token)
{
	return !is_address(token) &&
	       (header->has_period =
			parse_digits(token->text, token->n, &header->period));
}

/* The last address: one that a sample has beside (-F addr) comes earlier. */
static void take_rest(struct script_header *header, const struct tokens *tokens,
		      size_t i)
{
	header->has_text = i < tokens->n;
	for (; i < tokens->n; i++)
		if (is_address(&tokens->items[i]))
			header->frame = tokens->items[i].text;
}

bool script_header_parse(struct script_header *header, const char *line)
{
	struct tokens tokens;
	size_t i;

	*header = (struct script_header){ .comm = "" };
	split(&tokens, line);
	for (i = 0; i < tokens.n; i++)
		if (take_time(header, &tokens.items[i]))
			break;
	if (header->has_time)
		take_before_time(header, &tokens, i++);
	else
		i = take_from_left(header, &tokens);
	if (i < tokens.n && !header->event &&
	    take_period(header, &tokens.items[i]))
		i++;
	if (i < tokens.n && !header->event &&
	    take_event(header, &tokens.items[i]))
		i++;
	take_rest(header, &tokens, i);
	return header->has_time || header->has_tid || header->has_cpu ||
	       header->event || header->frame;
}

/* ---- frames ---- */

bool script_line_is_frame(const char *line)
{
	const char *at = line;
	struct token token = next_token(&at);
	uint64_t value;

	return token.width > token.n && token.n > 0 &&
	       token.width >= ADDRESS_WIDTH - 1 &&
	       parse_hex(token.text, &value) == token.n;
}

/* Whether an address, printed by "%16lx", and a symbol say what they are. */
static bool is_printed(const char *address, bool is_alone)
{
	uint64_t value;
	size_t n = parse_hex(address, &value);
	const char *text = address + n + strspn(address + n, " ");
	bool is_told = strstr(text, "+0x") || text_ends_with(text, ")");

	if (n == 0 || (n > 1 && *address == '0') ||
	    (address[n] && address[n] != ' '))
		return false;
	/* Small numbers are likely to be just that. */
	return is_told || (n >= 4 && (is_alone || *text));
}

bool script_line_is_printed_frame(const char *line)
{
	size_t n = strspn(line, " \t"), end = n;

	while (hex_digit(line[end]) >= 0)
		end++;
	if (*line == '\t')
		return end == ADDRESS_WIDTH && n == 1 + strspn(line + 1, " ") &&
		       is_printed(line + n, true);
	/* Blanks may have taken a tabulator's place. */
	return end - n >= 4 && end >= ADDRESS_WIDTH - 1 &&
	       end <= ADDRESS_WIDTH + 7 && strstr(line + end, "+0x") &&
	       is_printed(line + n, false);
}

/* "%16s %16lx", or with ids in between. */
static bool is_in_columns(const struct script_header *header, const char *line,
			  size_t end)
{
	const size_t width = 16;

	if (header->n_comm == 0 || header->n_comm > width ||
	    (size_t)(header->comm + header->n_comm - line) != width)
		return false;
	return header->has_tid || end == width + ADDRESS_WIDTH ||
	       end == width + ADDRESS_WIDTH + 1;
}

bool script_header_has_printed_frame(const struct script_header *header,
				     const char *line)
{
	const char *start = header->frame;
	uint64_t value;
	size_t n, width;

	if (!start)
		return false;
	n = parse_hex(start, &value);
	for (width = n; start > line && start[-1] == ' '; start--)
		width++;
	/* Behind a colon there is a blank more. */
	if (n < 4 || width < ADDRESS_WIDTH || width > ADDRESS_WIDTH + 2 ||
	    !is_printed(header->frame, false))
		return false;
	if (header->has_tid && (header->has_time || header->n_event > 0))
		return true;
	return is_in_columns(header, line,
			     (size_t)(header->frame - line) + n) ||
	       strstr(header->frame, "+0x") || strstr(header->frame, " (/") ||
	       strstr(header->frame, " ([");
}

/* Cuts "+0xHEX" off the end of a text of n bytes; returns what is left. */
static size_t cut_offset(char *text, size_t n, bool *has_offset,
			 uint64_t *offset)
{
	size_t start = n;

	*has_offset = false;
	while (start > 0 && hex_digit(text[start - 1]) >= 0)
		start--;
	if (start == n || start < 3 || memcmp(text + start - 3, "+0x", 3) != 0)
		return n;
	*has_offset = parse_hex(text + start, offset) == n - start;
	return *has_offset ? start - 3 : n;
}

/* Where " (DSO)" begins at the end of a text; n: nowhere. Names have
 * parentheses, too. */
static size_t find_dso(const char *text, size_t n)
{
	size_t depth = 0;

	if (n < 2 || text[n - 1] != ')')
		return n;
	for (size_t i = n; i > 0; i--) {
		if (text[i - 1] == ')')
			depth++;
		else if (text[i - 1] == '(' && --depth == 0)
			return i == 1 || is_blank(text[i - 2]) ? i - 1 : n;
	}
	return n;
}

/* Names in brackets that are no module of the kernel. */
static bool is_of_process(const char *dso)
{
	static const char *const starts[] = {
		"[vdso",     "[vsyscall]", "[heap]",	   "[stack", "[anon",
		"[unknown]", "[uprobes]",  "[hypervisor]", "[guest",
	};

	for (size_t i = 0; *dso == '[' && i < sizeof(starts) / sizeof(*starts);
	     i++)
		if (text_starts_with(dso, starts[i]))
			return true;
	return false;
}

static bool is_kernel_dso(const char *dso)
{
	static const char *const endings[] = {
		".ko",
		".ko.xz",
		".ko.gz",
		".ko.zst",
	};
	const char *slash = strrchr(dso, '/');

	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++)
		if (text_ends_with(dso, endings[i]))
			return true;
	return (dso[0] == '[' && !is_of_process(dso)) ||
	       text_starts_with(slash ? slash + 1 : dso, "vmlinux") ||
	       text_starts_with(dso, "bpf_prog_");
}

static void take_dso(struct script_frame *frame, char *text, size_t n)
{
	n = cut_offset(text, n, &frame->has_file_off, &frame->file_off);
	text[n] = '\0';
	frame->is_inlined = strcmp(text, "inlined") == 0;
	frame->is_unmapped = strcmp(text, "[unknown]") == 0;
	if (n > 0 && !frame->is_inlined && !frame->is_unmapped)
		frame->dso = text;
}

static bool is_of_kernel(const struct script_frame *frame)
{
	if (!frame->dso)
		return frame->address >= KERNEL_HALF;
	if (text_starts_with(frame->dso, "[kernel."))
		return true;
	return !is_of_process(frame->dso) &&
	       (frame->address >= KERNEL_HALF || is_kernel_dso(frame->dso));
}

bool script_frame_parse(struct script_frame *frame, char *line)
{
	char *text = line + strspn(line, " \t");
	size_t n = parse_hex(text, &frame->address), dso;
	uint64_t symbol_offset;
	bool has_offset;

	*frame = (struct script_frame){ .address = frame->address };
	text += n;
	if (n == 0 || (*text && !is_blank(*text)))
		return false;
	text += strspn(text, " \t");
	n = strlen(text);
	while (n > 0 && is_blank(text[n - 1]))
		n--;
	dso = find_dso(text, n);
	if (dso < n)
		take_dso(frame, text + dso + 1, n - 1 - (dso + 1));
	for (n = dso; n > 0 && is_blank(text[n - 1]);)
		n--;
	n = cut_offset(text, n, &has_offset, &symbol_offset);
	text[n] = '\0';
	if (n > 0 && strcmp(text, "[unknown]") != 0)
		frame->name = text;
	frame->is_kernel = is_of_kernel(frame);
	return true;
}

/* What perf calls the memory of generated code. */
static bool is_perf_map(const char *dso)
{
	const char *name = strrchr(dso, '/');

	return text_starts_with(name ? name + 1 : dso, "perf-") &&
	       text_ends_with(dso, ".map");
}

bool script_frame_is_of_file(const struct script_frame *frame)
{
	static const char *const others[] = {
		"//", "/dev/zero", "/anon_hugepage", "/SYSV", "/memfd:",
	};

	if (!frame->dso || frame->is_kernel || frame->is_inlined)
		return false;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (text_starts_with(frame->dso, others[i]))
			return false;
	return text_starts_with(frame->dso, "[vdso") ||
	       (frame->dso[0] == '/' && !is_perf_map(frame->dso));
}

bool script_source_parse(char *text, const char **file, uint32_t *line)
{
	char *colon, *end;
	uint64_t number;

	text += strspn(text, " \t");
	colon = strrchr(text, ':');
	if (!colon || colon == text || !is_digit(colon[1]) || *text == '?')
		return false;
	end = colon + 1 + strspn(colon + 1, "0123456789");
	if ((*end && !is_blank(*end)) ||
	    !parse_digits(colon + 1, (size_t)(end - colon - 1), &number) ||
	    number > INT32_MAX)
		return false;
	*colon = '\0';
	*file = text;
	*line = (uint32_t)number;
	return true;
}

/* ---- records ---- */

#define RECORD_PREFIX "PERF_RECORD_"

/*
 * A record stands behind the fields of a sample but the event. Without any of
 * them it may be a thread's name, which has room for 3 letters behind the
 * prefix, fewer than what records of interest have.
 */
static bool is_record(const char *line, char *at)
{
	size_t n = strspn(at + strlen(RECORD_PREFIX),
			  "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
	struct script_header header;
	char first = *at;

	if (at == line)
		return n > 3;
	*at = '\0';
	script_header_parse(&header, line);
	*at = first;
	return is_blank(at[-1]) && !header.event && !header.has_period &&
	       !header.has_text &&
	       (n > 3 || header.has_time || header.has_tid || header.has_cpu);
}

char *script_record_find(char *line)
{
	char *at = strstr(line, RECORD_PREFIX);

	return at && is_record(line, at) ? at : NULL;
}

static bool parse_build_id(struct build_id *id, const char *text, size_t n)
{
	char hex[BUILD_ID_HEX_MAX];

	if (n >= sizeof(hex))
		return false;
	memcpy(hex, text, n);
	hex[n] = '\0';
	return build_id_parse(id, hex);
}

/* "fe:00 11084586 3949229602" or "<BUILD-ID>", to the bracket. */
static bool parse_identity(struct mmap_record *mmap, const char *text,
			   const char *bracket)
{
	const char *end = bracket - 1;

	if (*text == '<')
		return *end == '>' && end > text &&
		       parse_build_id(&mmap->build_id, text + 1,
				      (size_t)(end - text - 1));
	return sscanf(text, "%" SCNx32 ":%" SCNx32 " %" SCNu64 " %" SCNu64,
		      &mmap->major, &mmap->minor, &mmap->inode,
		      &mmap->generation) == 4;
}

/* " PID/TID: [0xSTART(0xSIZE) @ 0xPGOFF IDENTITY]: r-xp PATH"; MMAP has no
 * identity, and x or r. */
static bool parse_mmap(struct script_record *record, char *text)
{
	struct mmap_record *mmap = &record->mmap;
	const char *bracket;
	int32_t pid, tid;
	int n = 0;

	if (sscanf(text,
		   " %" SCNd32 "/%" SCNd32 ": [%" SCNx64 "(%" SCNx64
		   ") @ %" SCNx64 "%n",
		   &pid, &tid, &mmap->start, &mmap->size, &mmap->pgoff,
		   &n) != 5 ||
	    n == 0)
		return false;
	mmap->pid = (uint32_t)pid;
	record->mmap_tid = (uint32_t)tid;
	text += n;
	bracket = strstr(text, "]: ");
	if (!bracket ||
	    (*text == ' ' && !parse_identity(mmap, text + 1, bracket)))
		return false;
	text += bracket - text + 3;
	n = (int)strcspn(text, " ");
	mmap->is_executable = memchr(text, 'x', (size_t)n);
	mmap->is_data = !mmap->is_executable;
	if (text[n] != ' ')
		return false;
	mmap->path = text + n + 1;
	return true;
}

/* " exec: COMM:PID/TID", or ": COMM:PID/TID" */
static bool parse_comm(struct comm_record *comm, char *text)
{
	char *colon = strrchr(text, ':');
	int32_t pid, tid;

	comm->is_exec = text_starts_with(text, " exec: ");
	if (!comm->is_exec && !text_starts_with(text, ": "))
		return false;
	text = strchr(text, ':') + 2;
	if (!colon || colon < text ||
	    sscanf(colon, ":%" SCNd32 "/%" SCNd32, &pid, &tid) != 2)
		return false;
	*colon = '\0';
	comm->pid = (uint32_t)pid;
	comm->tid = (uint32_t)tid;
	comm->comm = text;
	return true;
}

/* "(PID:TID):(PARENT_PID:PARENT_TID)" */
static bool parse_fork(struct fork_record *fork, const char *text)
{
	int32_t pid, tid, parent_pid, parent_tid;

	if (sscanf(text, "(%" SCNd32 ":%" SCNd32 "):(%" SCNd32 ":%" SCNd32 ")",
		   &pid, &tid, &parent_pid, &parent_tid) != 4)
		return false;
	*fork = (struct fork_record){
		.pid = (uint32_t)pid,
		.tid = (uint32_t)tid,
		.parent_pid = (uint32_t)parent_pid,
		.parent_tid = (uint32_t)parent_tid,
	};
	return true;
}

enum script_record_kind script_record_parse(struct script_record *record,
					    char *text)
{
	bool ok = true;
	enum script_record_kind kind = SCRIPT_RECORD_OTHER;
	size_t n;

	*record = (struct script_record){ 0 };
	text += strlen(RECORD_PREFIX);
	n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
	if ((n == 4 && text_starts_with(text, "MMAP")) ||
	    (n == 5 && text_starts_with(text, "MMAP2"))) {
		kind = SCRIPT_RECORD_MMAP;
		ok = parse_mmap(record, text + n);
	} else if (n == 4 && text_starts_with(text, "COMM")) {
		kind = SCRIPT_RECORD_COMM;
		ok = parse_comm(&record->comm, text + n);
	} else if (n == 4 && text_starts_with(text, "FORK")) {
		kind = SCRIPT_RECORD_FORK;
		ok = parse_fork(&record->fork, text + n);
	} else if (n == 4 && text_starts_with(text, "LOST")) {
		kind = SCRIPT_RECORD_LOST;
		ok = sscanf(text + n, " lost %" SCNu64, &record->n_lost) == 1;
	}
	return ok ? kind : SCRIPT_RECORD_DAMAGED;
}
