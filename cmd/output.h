/*
 * The formats of outputs: their names, the names of files that ask for them,
 * and the writer of each.
 */
#ifndef CMD_OUTPUT_H
#define CMD_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "conv/flame_tree.h"
#include "conv/folded_write.h"
#include "conv/samples.h"
#include "profile/place.h"
#include "profile/profile.h"

enum output_format {
	FORMAT_BY_NAME, /* of the output */
	FORMAT_PPROF,
	FORMAT_FOLDED,
	FORMAT_TOP,
	FORMAT_HTML, /* flame graphs */
	FORMAT_SVG,
	FORMAT_SPEEDSCOPE,
	FORMAT_GECKO,
	N_FORMATS,
};

/* How outputs look; what is of one format others ignore. */
struct output_options {
	enum raw_style raw;
	bool keeps_unmapped; /* as addresses; not one frame for all */
	uint32_t n_top;	     /* lines of FORMAT_TOP; 0: all */
	bool is_by_cum;
	bool is_by_line;	      /* FORMAT_TOP: lines of functions apart */
	struct folded_options folded; /* but raw */
	const char *title;	      /* of flame graphs; NULL: none */
	bool is_title_chosen;	      /* by the user */
	bool is_per_thread;
	unsigned n_threads;
};

/* Its name for --format; and the format of one, FORMAT_BY_NAME: of none. */
const char *output_format_word(enum output_format format);
enum output_format output_format_of_word(const char *word);

/* All names, with commas between them. */
const char *output_format_words(void);

/* The format that a file's name asks for: FORMAT_BY_NAME if none. */
enum output_format output_format_of_path(const char *path);

/* The ending of a file of a format, without a dot; NULL: it is for standard
 * output. */
const char *output_format_ending(enum output_format format);

/* Whether it is text that a terminal can show. */
bool output_format_is_text(enum output_format format);

/* Adds what samples must be told apart by for the format. */
void output_format_split(enum output_format format,
			 const struct output_options *options,
			 struct sample_split *split);

/* Appends the profile in a format to out. */
void output_render(const struct profile *profile, enum output_format format,
		   const struct output_options *options, struct buf *out);

/* The same for what changed from one profile to another, as a flame graph; the
 * second one's values are multiplied by factor. */
void output_render_difference(const struct flame_source *base,
			      const struct flame_source *new, double factor,
			      enum output_format format,
			      const struct output_options *options,
			      struct buf *out);

/* Writes bytes of a format to path; "-": to standard output. */
bool output_write(const char *path, enum output_format format,
		  const struct buf *bytes, struct err *err);

#endif
