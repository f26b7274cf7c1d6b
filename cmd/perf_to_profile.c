#include "config.h"
#include "cmd/perf_to_profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cmd/convert.h"

enum { EXIT_USAGE = 2 };

bool is_perf_to_profile(const char *program)
{
	const char *slash = strrchr(program, '/');

	return strcmp(slash ? slash + 1 : program, "perf_to_profile") == 0;
}

static bool parse(struct options *options, bool *may_replace, int argc,
		  char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "i:o:fj")) != -1) {
		switch (option) {
		case 'i':
			options->inputs.n = 0;
			*vec_add(&options->inputs) = optarg;
			break;
		case 'o':
			if (options->outputs.n > 0)
				free(options->outputs.items[0].path);
			options->outputs.n = 0;
			*vec_add(&options->outputs) =
				(struct output){ mem_strdup(optarg),
						 FORMAT_PPROF };
			break;
		case 'f':
			*may_replace = true;
			break;
		case 'j': /* mappings of generated code need not be aligned:
			   * they never need be */
			break;
		default:
			return false;
		}
	}
	return options->inputs.n > 0 && options->outputs.n > 0 &&
	       optind == argc;
}

int perf_to_profile_main(int argc, char **argv)
{
	struct options options = {
		.types = TYPES_PERF_TO_PROFILE,
	};
	bool may_replace = false;
	int status = EXIT_USAGE;

	symbol_options_init(&options.symbols);
	options.symbols.is_quiet = true;
	if (!parse(&options, &may_replace, argc, argv)) {
		fputs("Usage: perf_to_profile -i <input perf data> "
		      "-o <output profile> [-f] [-j]\n",
		      stderr);
	} else if (!may_replace &&
		   access(options.outputs.items[0].path, F_OK) == 0) {
		fprintf(stderr,
			"perf_to_profile: %s is there already (-f replaces "
			"it)\n",
			options.outputs.items[0].path);
		status = EXIT_FAILURE;
	} else {
		symbol_options_complete(&options.symbols);
		options.look.n_threads = options.symbols.n_jobs;
		status = convert(&options);
	}
	options_release(&options);
	return status;
}
