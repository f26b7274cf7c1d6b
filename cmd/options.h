/*
 * The command line of a conversion.
 */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include <stdbool.h>

#include "cmd/output.h"
#include "cmd/symbol_options.h"
#include "conv/input.h"
#include "conv/samples.h"
#include "conv/value_types.h"

enum stats_style {
	STATS_SHORT, /* a few lines on standard error */
	STATS_FULL,  /* all of it, there */
	STATS_JSON,  /* all of it, on standard output */
};

struct output {
	char *path;		   /* "-": standard output */
	enum output_format format; /* never FORMAT_BY_NAME once parsed */
};

struct options {
	VEC(const char *) inputs; /* "-": standard input */
	enum input_kind from;
	VEC(struct output) outputs; /* at least one */
	enum output_format format;  /* of all of them */
	struct output_options look;
	bool has_max_unresolved;
	double max_unresolved; /* percent */
	enum stats_style stats;
	const char *value_type; /* the one to show; NULL: the default */
	bool resymbolizes;
	struct sample_filter filter;
	struct sample_split asked_split; /* by the user, */
	struct sample_split split;	 /* and what outputs need */
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
