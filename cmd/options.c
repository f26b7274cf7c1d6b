#include "config.h"
#include "cmd/options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "cmd/option_value.h"

static const char help_of_input[] =
	"Usage: symconv INPUT [-o OUT] [OPTION]...\n"
	"       symconv top INPUT [-n N] [--cum] [OPTION]...\n"
	"       symconv symbolize ... | symconv cache ...   (each has a "
	"--help)\n"
	"Turn a perf.data capture into a symbolized pprof profile.\n"
	"\n"
	"INPUT is a file or folder written by 'perf record', or - for standard "
	"input.\n"
	"OUT defaults to INPUT's name with .pb.gz; - is standard output. A "
	"name that\n"
	"ends in .folded gets folded stacks.\n"
	"\n"
	"  symconv perf.data && go tool pprof -http=: perf.data.pb.gz\n"
	"  perf record -g -o - -- make | symconv - -o make.pb.gz\n"
	"\n"
	"What is converted:\n"
	"      --pid LIST, --tid LIST, --cpu LIST\n"
	"                         only samples of these numbers (1,2,3)\n"
	"      --comm LIST        only of processes or threads of these names\n"
	"      --event LIST       only of these events\n"
	"      --time FROM,TO     only between these times of the capture, in "
	"seconds;\n"
	"                         either may be left out\n"
	"      --label LIST       also tell samples apart by tid, cpu, "
	"timestamp_ns,\n"
	"                         cgroup or execution_mode\n"
	"      --raw STYLE        frames without a name as: address (0x1234; "
	"the\n"
	"                         default), offset (module+0x1234)\n";

static const char help_of_running[] =
	"Running:\n"
	"  -o, --output OUT       where the profile goes\n"
	"      --format NAME      pprof (the default); folded: a line for each "
	"stack, as\n"
	"                         flame graph tools read them; top: the "
	"heaviest functions\n"
	"  -n N                   top: N of them (default: 30; 0: all)\n"
	"      --cum              top: with what they call\n"
	"  -j, --jobs N           use N threads and worker processes (default: "
	"one\n"
	"                         for each processor)\n"
	"      --max-unresolved PCT  exit 3 if more than PCT percent of the "
	"weight\n"
	"                         has no name at its leaf\n"
	"      --stats[=json]     a full summary (json: on standard output)\n"
	"  -q, --quiet            no summary, no progress; warnings and errors "
	"only\n"
	"  -v, --verbose          say how each module was read\n"
	"  -h, --help             this text\n"
	"  -V, --version          the version\n"
	"\n"
	"Exit status: 0 converted, also when frames stayed unnamed; 1 failed; "
	"2 wrong\n"
	"usage; 3 converted, but beyond --max-unresolved. See also: man "
	"symconv\n";

enum {
	OPTION_COMM = FIRST_OPTION,
	OPTION_CPU,
	OPTION_CUM,
	OPTION_EVENT,
	OPTION_FORMAT,
	OPTION_LABEL,
	OPTION_MAX_UNRESOLVED,
	OPTION_PID,
	OPTION_RAW,
	OPTION_STATS,
	OPTION_TID,
	OPTION_TIME,
};

static const struct option long_options[] = {
	SYMBOL_LONG_OPTIONS,
	{ "comm", required_argument, NULL, OPTION_COMM },
	{ "cpu", required_argument, NULL, OPTION_CPU },
	{ "cum", no_argument, NULL, OPTION_CUM },
	{ "event", required_argument, NULL, OPTION_EVENT },
	{ "format", required_argument, NULL, OPTION_FORMAT },
	{ "help", no_argument, NULL, 'h' },
	{ "label", required_argument, NULL, OPTION_LABEL },
	{ "max-unresolved", required_argument, NULL, OPTION_MAX_UNRESOLVED },
	{ "output", required_argument, NULL, 'o' },
	{ "pid", required_argument, NULL, OPTION_PID },
	{ "raw", required_argument, NULL, OPTION_RAW },
	{ "stats", optional_argument, NULL, OPTION_STATS },
	{ "tid", required_argument, NULL, OPTION_TID },
	{ "time", required_argument, NULL, OPTION_TIME },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

/* Calls add for each part of a list with commas; false if one is refused. */
static bool for_each_part(char *list, bool (*add)(void *context, char *part),
			  void *context)
{
	char *rest = list, *part;

	while ((part = strsep(&rest, ",")))
		if (!add(context, part))
			return false;
	return true;
}

typedef VEC(uint32_t) number_list;
typedef VEC(const char *) word_list;

static bool add_number(void *context, char *part)
{
	uint32_t number;

	if (!option_number(part, part + strlen(part), INT32_MAX, &number))
		return false;
	*vec_add((number_list *)context) = number;
	return true;
}

static bool add_word(void *context, char *part)
{
	if (*part)
		*vec_add((word_list *)context) = part;
	return *part != '\0';
}

static bool add_label(void *context, char *part)
{
	struct sample_split *split = context;
	const struct {
		const char *name;
		bool *flag;
	} labels[] = {
		{ "tid", &split->by_tid },
		{ "cpu", &split->by_cpu },
		{ "timestamp_ns", &split->by_time },
		{ "cgroup", &split->by_cgroup },
		{ "execution_mode", &split->by_mode },
	};

	for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++)
		if (strcmp(part, labels[i].name) == 0)
			return *labels[i].flag = true;
	return false;
}

/* Seconds with up to nine decimals, as perf script prints times. */
static bool parse_time(const char *text, uint64_t *ns)
{
	char *end;
	double seconds;

	errno = 0;
	seconds = strtod(text, &end);
	if (*end || errno || !(seconds >= 0) || seconds > 1e9)
		return false;
	*ns = (uint64_t)llround(seconds * 1e9);
	return true;
}

static bool parse_time_range(struct sample_filter *filter, char *text)
{
	char *comma = strchr(text, ',');

	if (!comma)
		return false;
	*comma = '\0';
	filter->has_time_range = true;
	filter->time_from = 0;
	filter->time_to = UINT64_MAX;
	return (!*text || parse_time(text, &filter->time_from)) &&
	       (!comma[1] || parse_time(comma + 1, &filter->time_to));
}

static bool parse_percent(struct options *options, const char *text)
{
	char *end;

	options->max_unresolved = strtod(text, &end);
	options->has_max_unresolved = true;
	return end != text && *end == '\0' && options->max_unresolved >= 0 &&
	       options->max_unresolved <= 100;
}

static bool parse_raw(enum raw_style *style, const char *text)
{
	*style = strcmp(text, "offset") == 0 ? RAW_OFFSET : RAW_ADDRESS;
	return *style == RAW_OFFSET || strcmp(text, "address") == 0;
}

static const char *const format_names[] = {
	[FORMAT_PPROF] = "pprof",
	[FORMAT_FOLDED] = "folded",
	[FORMAT_TOP] = "top",
};

static bool parse_format(enum output_format *format, const char *text)
{
	for (int i = FORMAT_PPROF; i <= FORMAT_TOP; i++)
		if (strcmp(text, format_names[i]) == 0) {
			*format = (enum output_format)i;
			return true;
		}
	return false;
}

static bool parse_stats(enum stats_style *style, const char *text)
{
	*style = text ? STATS_JSON : STATS_FULL;
	return !text || strcmp(text, "json") == 0;
}

static bool apply_filter(struct options *options, int option, char *value)
{
	struct sample_filter *filter = &options->filter;

	switch (option) {
	case OPTION_PID:
		return for_each_part(value, add_number, &filter->pids) ||
		       option_refuse("pid", value, "wanted: numbers");
	case OPTION_TID:
		return for_each_part(value, add_number, &filter->tids) ||
		       option_refuse("tid", value, "wanted: numbers");
	case OPTION_CPU:
		return for_each_part(value, add_number, &filter->cpus) ||
		       option_refuse("cpu", value, "wanted: numbers");
	case OPTION_COMM:
		return for_each_part(value, add_word, &filter->comms) ||
		       option_refuse("comm", value, "wanted: names");
	case OPTION_EVENT:
		return for_each_part(value, add_word, &filter->events) ||
		       option_refuse("event", value, "wanted: names");
	case OPTION_TIME:
		return parse_time_range(filter, value) ||
		       option_refuse("time", value,
				     "wanted: FROM,TO in seconds");
	}
	return for_each_part(value, add_label, &options->split) ||
	       option_refuse("label", value,
			     "wanted: tid, cpu, timestamp_ns, cgroup, "
			     "execution_mode");
}

static bool apply(struct options *options, int option, char *value)
{
	switch (option) {
	case OPTION_MAX_UNRESOLVED:
		return parse_percent(options, value) ||
		       option_refuse("max-unresolved", value,
				     "wanted: 0 to 100");
	case OPTION_FORMAT:
		return parse_format(&options->format, value) ||
		       option_refuse("format", value,
				     "wanted: pprof, folded, top");
	case OPTION_RAW:
		return parse_raw(&options->raw, value) ||
		       option_refuse("raw", value, "wanted: address, offset");
	case OPTION_STATS:
		return parse_stats(&options->stats, value) ||
		       option_refuse("stats", value, "wanted: json or nothing");
	case OPTION_CUM:
		options->is_by_cum = true;
		break;
	case 'n':
		return option_number(value, value + strlen(value), INT32_MAX,
				     &options->n_top) ||
		       option_refuse("n", value, "wanted: a number");
	case 'o':
		free(options->output);
		options->output = mem_strdup(value);
		break;
	default:
		return option >= FIRST_SYMBOL_OPTION || option < FIRST_OPTION
			       ? symbol_options_apply(&options->symbols, option,
						      value)
			       : apply_filter(options, option, value);
	}
	return true;
}

static enum output_format format_of(const char *output)
{
	static const char folded[] = ".folded";
	size_t length = output ? strlen(output) : 0;

	return length >= sizeof(folded) &&
			       strcmp(output + length - sizeof(folded) + 1,
				      folded) == 0
		       ? FORMAT_FOLDED
		       : FORMAT_PPROF;
}

/* The input's name with the format's ending, beside it. */
static char *default_output(const char *input, enum output_format format)
{
	const char *ending = format == FORMAT_FOLDED ? "folded" : "pb.gz";
	size_t length = strlen(input);

	if (format == FORMAT_TOP)
		return mem_strdup("-");
	if (strcmp(input, "-") == 0)
		return mem_printf("perf.data.%s", ending);
	while (length > 1 && input[length - 1] == '/')
		length--;
	return mem_printf("%.*s.%s", (int)length, input, ending);
}

static bool complete(struct options *options, int argc, char **argv)
{
	if (optind != argc - 1) {
		fprintf(stderr, "symconv: %s (see symconv --help)\n",
			optind == argc ? "no input given"
				       : "more than one input given");
		return false;
	}
	options->input = argv[optind];
	if (options->format == FORMAT_BY_NAME)
		options->format = format_of(options->output);
	if (!options->output)
		options->output =
			default_output(options->input, options->format);
	if (options->stats == STATS_JSON && strcmp(options->output, "-") == 0) {
		fputs("symconv: --stats=json and -o - both want standard "
		      "output\n",
		      stderr);
		return false;
	}
	symbol_options_complete(&options->symbols);
	return true;
}

enum options_result options_parse(struct options *options, int argc,
				  char **argv)
{
	int option;

	*options = (struct options){ .n_top = 30 };
	if (strcmp(argv[0], "top") == 0)
		options->format = FORMAT_TOP;
	symbol_options_init(&options->symbols);
	while ((option = getopt_long(argc, argv, "hn:o:V" SYMBOL_SHORT_OPTIONS,
				     long_options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help_of_input, stdout);
			fputs(symbol_options_help, stdout);
			fputs(help_of_running, stdout);
			return OPTIONS_DONE;
		}
		if (option == 'V') {
			puts(PACKAGE_STRING);
			return OPTIONS_DONE;
		}
		if (option == '?' || !apply(options, option, optarg))
			return OPTIONS_WRONG;
	}
	return complete(options, argc, argv) ? OPTIONS_RUN : OPTIONS_WRONG;
}

void options_release(struct options *options)
{
	free(options->output);
	symbol_options_release(&options->symbols);
	vec_release(&options->filter.pids);
	vec_release(&options->filter.tids);
	vec_release(&options->filter.cpus);
	vec_release(&options->filter.comms);
	vec_release(&options->filter.events);
}
