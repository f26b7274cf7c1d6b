#include "config.h"
#include "cmd/output.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "conv/flamegraph_write.h"
#include "conv/folded_write.h"
#include "conv/gecko_write.h"
#include "conv/pprof_write.h"
#include "conv/speedscope_write.h"
#include "conv/top_write.h"

/* ---- the writers ---- */

static void render_pprof(const struct profile *profile,
			 const struct output_options *options, struct buf *out)
{
	pprof_write(profile,
		    &(struct pprof_options){ .raw = options->raw,
					     .n_threads = options->n_threads },
		    out);
}

static void render_folded(const struct profile *profile,
			  const struct output_options *options, struct buf *out)
{
	struct folded_options folded = options->folded;

	folded.raw = options->raw;
	folded_write(profile, &folded, out);
}

static void render_top(const struct profile *profile,
		       const struct output_options *options, struct buf *out)
{
	top_write(profile,
		  &(struct top_options){ .n = options->n_top,
					 .by_cum = options->is_by_cum,
					 .by_line = options->is_by_line,
					 .raw = options->raw },
		  out);
}

static struct flamegraph_options flamegraph(
	const struct profile *profile, const struct output_options *options,
	enum flamegraph_format format)
{
	return (struct flamegraph_options){
		.format = format,
		.title = options->title ? options->title : "symconv",
		.type = profile->default_type,
		.raw = options->raw,
		.per_thread = options->is_per_thread,
		.factor = 1,
		.base_factor = 1,
	};
}

static void render_html(const struct profile *profile,
			const struct output_options *options, struct buf *out)
{
	struct flamegraph_options how =
		flamegraph(profile, options, FLAMEGRAPH_HTML);

	flamegraph_write(profile, &how, out);
}

static void render_svg(const struct profile *profile,
		       const struct output_options *options, struct buf *out)
{
	struct flamegraph_options how =
		flamegraph(profile, options, FLAMEGRAPH_SVG);

	flamegraph_write(profile, &how, out);
}

void output_render_difference(const struct flame_source *base,
			      const struct flame_source *new, double factor,
			      enum output_format format,
			      const struct output_options *options,
			      struct buf *out)
{
	struct flamegraph_options how = flamegraph(
		new->profile, options,
		format == FORMAT_SVG ? FLAMEGRAPH_SVG : FLAMEGRAPH_HTML);

	how.type = new->type;
	how.base = base->profile;
	how.base_type = base->type;
	how.factor = factor;
	flamegraph_write(new->profile, &how, out);
}

static void render_speedscope(const struct profile *profile,
			      const struct output_options *options,
			      struct buf *out)
{
	speedscope_write(profile,
			 &(struct speedscope_options){ .raw = options->raw },
			 out);
}

static void render_gecko(const struct profile *profile,
			 const struct output_options *options, struct buf *out)
{
	gecko_write(profile, &(struct gecko_options){ .raw = options->raw },
		    out);
}

/* ---- their table ---- */

static const struct format {
	const char *word;
	const char *ending; /* of files */
	bool is_text;
	void (*render)(const struct profile *profile,
		       const struct output_options *options, struct buf *out);
} formats[N_FORMATS] = {
	[FORMAT_PPROF] = { "pprof", "pb.gz", false, render_pprof },
	[FORMAT_FOLDED] = { "folded", "folded", true, render_folded },
	[FORMAT_TOP] = { "top", NULL, true, render_top },
	[FORMAT_HTML] = { "html", "html", true, render_html },
	[FORMAT_SVG] = { "svg", "svg", true, render_svg },
	[FORMAT_SPEEDSCOPE] = { "speedscope", "speedscope.json", true,
				render_speedscope },
	[FORMAT_GECKO] = { "gecko", "gecko.json", true, render_gecko },
};

const char *output_format_word(enum output_format format)
{
	return formats[format].word;
}

enum output_format output_format_of_word(const char *word)
{
	for (int i = FORMAT_PPROF; i < N_FORMATS; i++)
		if (strcmp(word, formats[i].word) == 0)
			return (enum output_format)i;
	return FORMAT_BY_NAME;
}

const char *output_format_words(void)
{
	static char words[256];

	*words = '\0';
	for (int i = FORMAT_PPROF; i < N_FORMATS; i++) {
		strcat(words, *words ? ", " : "");
		strcat(words, formats[i].word);
	}
	return words;
}

/* With a dot, and something in front of it. */
static bool has_ending(const char *path, const char *ending)
{
	size_t length = strlen(path), n = strlen(ending);

	return length > n + 1 && path[length - n - 1] == '.' &&
	       text_ends_with(path, ending);
}

enum output_format output_format_of_path(const char *path)
{
	for (int i = FORMAT_PPROF; i < N_FORMATS; i++)
		if (formats[i].ending && has_ending(path, formats[i].ending))
			return (enum output_format)i;
	return has_ending(path, "pb") || has_ending(path, "pprof")
		       ? FORMAT_PPROF
		       : FORMAT_BY_NAME;
}

const char *output_format_ending(enum output_format format)
{
	return formats[format].ending;
}

bool output_format_is_text(enum output_format format)
{
	return formats[format].is_text;
}

void output_format_split(enum output_format format,
			 const struct output_options *options,
			 struct sample_split *split)
{
	/* The Firefox Profiler shows threads along their time. */
	if (format == FORMAT_GECKO)
		split->by_tid = split->by_time = true;
	if (format == FORMAT_FOLDED && options->folded.has_tid)
		split->by_tid = true;
	if ((format == FORMAT_HTML || format == FORMAT_SVG) &&
	    options->is_per_thread)
		split->by_tid = true;
}

void output_render(const struct profile *profile, enum output_format format,
		   const struct output_options *options, struct buf *out)
{
	formats[format].render(profile, options, out);
}

bool output_write(const char *path, enum output_format format,
		  const struct buf *bytes, struct err *err)
{
	if (strcmp(path, "-") != 0)
		return file_replace(path, bytes->bytes, bytes->size, err);
	if (!output_format_is_text(format) && isatty(STDOUT_FILENO))
		return err_set(err, "standard output is a terminal and a "
				    "profile is no text; use -o FILE");
	return file_write(STDOUT_FILENO, bytes->bytes, bytes->size) ||
	       err_set_errno(err, "standard output: cannot write");
}
