/*
 * The command line of a conversion.
 */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include <stdbool.h>

#include "cmd/symbol_options.h"
#include "conv/samples.h"
#include "conv/value_types.h"
#include "profile/place.h"

enum stats_style {
	STATS_SHORT, /* a few lines on standard error */
	STATS_FULL,  /* all of it, there */
	STATS_JSON,  /* all of it, on standard output */
};

enum output_format {
	FORMAT_BY_NAME, /* of the output */
	FORMAT_PPROF,
	FORMAT_FOLDED,
	FORMAT_TOP,
};

struct options {
	const char *input; /* "-": standard input */
	char *output;	   /* "-": standard output */
	bool has_max_unresolved;
	double max_unresolved; /* percent */
	enum stats_style stats;
	enum raw_style raw;
	enum output_format format; /* never FORMAT_BY_NAME once parsed */
	uint32_t n_top;		   /* lines of FORMAT_TOP; 0: all */
	bool is_by_cum;
	struct sample_filter filter;
	struct sample_split split;
	enum type_style types;
	struct symbol_options symbols;
};

enum options_result {
	OPTIONS_RUN,
	OPTIONS_DONE,  /* help or version was printed */
	OPTIONS_WRONG, /* one line was printed */
};

/* argv[0] is "top" for the command that prints a table. */
enum options_result options_parse(struct options *options, int argc,
				  char **argv);
void options_release(struct options *options);

#endif
