#include "config.h"
#include "conv/text_input.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

void read_stats_warn(struct read_stats *stats, const char *format, ...)
{
	char raw[2048], text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(raw, sizeof(raw), format, args);
	va_end(args);
	*vec_add(&stats->warnings) =
		mem_strdup(text_escape(text, sizeof(text), raw));
}

void text_input_init(struct text_input *text, const struct input *input,
		     struct read_stats *stats)
{
	*text = (struct text_input){ .name = input->name, .stats = stats };
	lines_init(&text->lines, input->fd);
}

void text_input_release(struct text_input *text)
{
	lines_release(&text->lines);
}

/* The end of the input, or a line that is longer than any can be. */
static void skip_cut(struct text_input *text)
{
	text->stats->n_damaged++;
	if (!text->has_cut)
		read_stats_warn(text->stats,
				"%s: line %" PRIu64
				": cut short; it is left out",
				text->name, text->lines.n_lines);
	text->has_cut = true;
}

char *text_input_next(struct text_input *text, size_t *length)
{
	bool is_rest = text->lines.is_cut_short;
	size_t n = 0;
	char *line;

	for (; (line = lines_next(&text->lines, &n));
	     is_rest = text->lines.is_cut_short) {
		if (is_rest)
			continue;
		text->stats->n_records++;
		if (text->lines.is_cut_short)
			skip_cut(text);
		else if (memchr(line, '\0', n))
			text_input_skip(text,
					&(struct err){ "it holds NUL bytes" });
		else
			break;
	}
	if (length)
		*length = n;
	return line;
}

void text_input_skip_lines(struct text_input *text, uint64_t line, uint64_t n,
			   const struct err *why)
{
	text->stats->n_damaged += n;
	if (!text->has_warned)
		read_stats_warn(text->stats,
				"%s: line %" PRIu64
				": %s; what makes no sense is skipped",
				text->name, line, why->text);
	text->has_warned = true;
}

void text_input_skip(struct text_input *text, const struct err *why)
{
	text_input_skip_lines(text, text->lines.n_lines, 1, why);
}

bool text_input_end(const struct text_input *text, struct err *err)
{
	const struct read_stats *stats = text->stats;

	if (text->lines.has_failed)
		return err_set_errno(err, "%s: cannot be read", text->name);
	if (stats->n_samples > 0 || stats->n_filtered > 0)
		return true;
	if (stats->n_damaged > 0)
		return err_set(err, "%s: damaged, and no sample can be read",
			       text->name);
	return err_set(err, "%s: no sample is in it", text->name);
}
