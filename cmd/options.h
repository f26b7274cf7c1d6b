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

/* What a command that reads captures takes. */
struct command {
	const char *word;  /* NULL: a conversion, which has none */
	const char *usage; /* the beginning of its help text */
	size_t min_inputs;
	size_t max_inputs;
	enum output_format format; /* where no output's name tells it */
	enum raw_style raw;	   /* unless an option says */
	const char *output;	   /* where none is named, but for the format's
				    * ending; NULL: beside the input */
	bool is_folder;		   /* output is one */
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
	char *made_title; /* that look has, or NULL */
	bool has_max_unresolved;
	double max_unresolved; /* percent */
	enum stats_style stats;
	/* symconv diff: */
	bool normalizes;
	VEC(const char *) max_regressions; /* "REGEX=PERCENT%" */
	bool has_max_total;
	double max_total;	/* percent */
	const char *baseline;	/* symconv report: a folder; NULL: none */
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

enum options_result options_parse(struct options *options,
				  const struct command *command, int argc,
				  char **argv);

/* Parses the options of a command and runs it with them; returns the exit
 * status. */
int options_run(const struct command *command, int argc, char **argv,
		int (*run)(const struct options *options));
void options_release(struct options *options);

#endif
