#include "config.h"
#include "cmd/convert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "cmd/conversion.h"
#include "cmd/options.h"
#include "cmd/outputs.h"
#include "cmd/summary.h"

static void summarize(const struct conversion *conversion, const size_t *sizes,
		      uint64_t write_ns)
{
	summary_print(&(struct summary){
		.options = conversion->options,
		.input = conversion->input,
		.profile = &conversion->profile,
		.coverage = &conversion->coverage,
		.read = &conversion->read,
		.symbolizer = &conversion->symbolizing.stats,
		.cache = conversion->symbolizing.cache_stats,
		.output_sizes = sizes,
		.symbolize_ns = conversion->symbolizing.ns,
		.write_ns = write_ns,
		.total_ns = clock_now() - conversion->started,
	});
}

int convert(const struct options *options)
{
	size_t *sizes = mem_zalloc(options->outputs.n, sizeof(*sizes));
	struct conversion conversion;
	int status = EXIT_FAILURE;
	uint64_t started;
	struct err err;
	bool ok;

	ok = conversion_run(&conversion, options, options->inputs.items[0],
			    &err);
	started = clock_now();
	if (ok &&
	    outputs_write(options, &conversion.profile,
			  conversion.read.keeps_labels ? &conversion.profile
						       : NULL,
			  sizes, &err)) {
		summarize(&conversion, sizes, clock_now() - started);
		status = conversion_check(options, &conversion.coverage);
	} else {
		fprintf(stderr, "symconv: %s\n", err.text);
	}
	conversion_release(&conversion);
	free(sizes);
	return status;
}

static const char usage_of_convert[] =
	"Usage: symconv INPUT [-o OUT]... [OPTION]...\n"
	"       symconv top|diff|merge|report|symbolize|cache ...   (each has "
	"a --help)\n"
	"Turn a capture of stacks into a symbolized pprof profile, or a "
	"picture.\n"
	"\n"
	"INPUT is a file or folder written by 'perf record', a pprof profile, "
	"the text of\n"
	"'perf script', stacks that any other collector wrote (see man "
	"symconv), or - for\n"
	"standard input. OUT defaults to INPUT's name with .pb.gz; - is "
	"standard output.\n"
	"Its name tells the format: .pb.gz, .folded, .html or .svg (flame "
	"graph),\n"
	".speedscope.json, .gecko.json (Firefox Profiler).\n"
	"\n"
	"  symconv perf.data && go tool pprof -http=: perf.data.pb.gz\n"
	"  symconv perf.data -o perf.html -o perf.pb.gz\n"
	"  perf record -g -o - -- make | symconv - -o make.pb.gz\n";

static const char usage_of_top[] =
	"Usage: symconv top INPUT [-n N] [--cum] [--by WHAT] [OPTION]...\n"
	"The heaviest functions of a capture or profile, as a table.\n"
	"\n"
	"  symconv top perf.data -n 20\n"
	"  symconv top heap.pb.gz --type alloc_space --by line\n";

static const struct command command_convert = {
	.usage = usage_of_convert,
	.min_inputs = 1,
	.max_inputs = 1,
	.format = FORMAT_PPROF,
};

static const struct command command_top = {
	.word = "top",
	.usage = usage_of_top,
	.min_inputs = 1,
	.max_inputs = 1,
	.format = FORMAT_TOP,
	.output = "-",
};

int convert_main(int argc, char **argv)
{
	bool is_top = strcmp(argv[0], command_top.word) == 0;

	return options_run(is_top ? &command_top : &command_convert, argc, argv,
			   convert);
}
