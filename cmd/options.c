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
	"\nWhat is read:\n"
	"      --from KIND        what inputs are, where their content does "
	"not "
	"tell\n"
	"      --pid LIST, --tid LIST, --cpu LIST\n"
	"                         only samples of these numbers (1,2,3)\n"
	"      --comm LIST        only of processes or threads of these names\n"
	"      --event LIST       only of these events\n"
	"      --time FROM,TO     only between these times of the capture, in "
	"seconds;\n"
	"                         either may be left out\n"
	"      --label LIST       also tell samples apart by tid, cpu, "
	"timestamp_ns,\n"
	"                         cgroup, execution_mode or pmu (kind of "
	"core)\n"
	"      --resymbolize      look for names also where the input has "
	"some\n"
	"      --raw STYLE        frames without a name as: address (0x1234), "
	"offset\n"
	"                         (module+0x1234); by default 0x1234, and "
	"[unmapped]\n"
	"                         where nothing was mapped\n"
	"      --type NAME        the type of values to show, of a profile "
	"with "
	"several\n";

static const char help_of_running[] =
	"Running:\n"
	"  -o, --output OUT       where it goes; may be given several times\n"
	"      --format NAME      of all outputs, instead of what their names "
	"tell\n"
	"  -n N                   top: N of them (default: 30; 0: all)\n"
	"      --cum              top: with what they call\n"
	"      --by WHAT          top: function (the default) or line\n"
	"      --folded-with LIST folded: comm (the default), pid, tid; "
	"kernel, inline, jit\n"
	"                         mark functions _[k], _[i], _[j]; none\n"
	"      --per-thread       flame graph: each thread apart\n"
	"      --title TEXT       flame graph: above the picture (default: the "
	"input)\n"
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
	OPTION_BASELINE = FIRST_OPTION,
	OPTION_BY,
	OPTION_COMM,
	OPTION_CPU,
	OPTION_CUM,
	OPTION_EVENT,
	OPTION_FOLDED_WITH,
	OPTION_FORMAT,
	OPTION_FROM,
	OPTION_LABEL,
	OPTION_MAX_REGRESSION,
	OPTION_MAX_TOTAL,
	OPTION_MAX_UNRESOLVED,
	OPTION_NORMALIZE,
	OPTION_PER_THREAD,
	OPTION_PID,
	OPTION_RAW,
	OPTION_RESYMBOLIZE,
	OPTION_STATS,
	OPTION_TID,
	OPTION_TIME,
	OPTION_TITLE,
	OPTION_TYPE,
};

static const struct option long_options[] = {
	SYMBOL_LONG_OPTIONS,
	{ "baseline", required_argument, NULL, OPTION_BASELINE },
	{ "by", required_argument, NULL, OPTION_BY },
	{ "comm", required_argument, NULL, OPTION_COMM },
	{ "cpu", required_argument, NULL, OPTION_CPU },
	{ "cum", no_argument, NULL, OPTION_CUM },
	{ "event", required_argument, NULL, OPTION_EVENT },
	{ "folded-with", required_argument, NULL, OPTION_FOLDED_WITH },
	{ "format", required_argument, NULL, OPTION_FORMAT },
	{ "from", required_argument, NULL, OPTION_FROM },
	{ "help", no_argument, NULL, 'h' },
	{ "label", required_argument, NULL, OPTION_LABEL },
	{ "max-regression", required_argument, NULL, OPTION_MAX_REGRESSION },
	{ "max-total", required_argument, NULL, OPTION_MAX_TOTAL },
	{ "max-unresolved", required_argument, NULL, OPTION_MAX_UNRESOLVED },
	{ "normalize", no_argument, NULL, OPTION_NORMALIZE },
	{ "output", required_argument, NULL, 'o' },
	{ "per-thread", no_argument, NULL, OPTION_PER_THREAD },
	{ "pid", required_argument, NULL, OPTION_PID },
	{ "raw", required_argument, NULL, OPTION_RAW },
	{ "resymbolize", no_argument, NULL, OPTION_RESYMBOLIZE },
	{ "stats", optional_argument, NULL, OPTION_STATS },
	{ "tid", required_argument, NULL, OPTION_TID },
	{ "time", required_argument, NULL, OPTION_TIME },
	{ "title", required_argument, NULL, OPTION_TITLE },
	{ "type", required_argument, NULL, OPTION_TYPE },
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

/* The same of events, whose terms have commas between slashes. */
static bool for_each_event(char *list, bool (*add)(void *context, char *part),
			   void *context)
{
	bool is_inside = false;
	char *part = list;

	for (char *at = list; *at; at++) {
		is_inside ^= *at == '/';
		if (*at != ',' || is_inside)
			continue;
		*at = '\0';
		if (!add(context, part))
			return false;
		part = at + 1;
	}
	return add(context, part);
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

static bool add_folded_part(void *context, char *part)
{
	struct folded_options *folded = context;
	const struct {
		const char *name;
		bool *flag;
	} parts[] = {
		{ "comm", &folded->has_comm },
		{ "pid", &folded->has_pid },
		{ "tid", &folded->has_tid },
		{ "kernel", &folded->marks_kernel },
		{ "inline", &folded->marks_inlined },
		{ "jit", &folded->marks_jit },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (strcmp(part, parts[i].name) == 0)
			return *parts[i].flag = true;
	return strcmp(part, "none") == 0;
}

static bool parse_folded(struct folded_options *folded, char *list)
{
	*folded = (struct folded_options){ 0 };
	if (!for_each_part(list, add_folded_part, folded))
		return false;
	folded->has_comm |= folded->has_pid || folded->has_tid;
	return true;
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
		{ "pmu", &split->by_pmu },
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

static bool parse_percent(double *percent, const char *text)
{
	char *end;

	*percent = strtod(text, &end);
	return end != text && (*end == '\0' || strcmp(end, "%") == 0) &&
	       *percent >= 0 && *percent <= 1e6;
}

static bool parse_raw(struct output_options *look, const char *text)
{
	look->raw = strcmp(text, "offset") == 0 ? RAW_OFFSET : RAW_ADDRESS;
	look->keeps_unmapped = strcmp(text, "address") == 0;
	return look->raw == RAW_OFFSET || look->keeps_unmapped;
}

static bool parse_format(enum output_format *format, const char *word)
{
	char why[320];

	*format = output_format_of_word(word);
	snprintf(why, sizeof(why), "wanted: %s", output_format_words());
	return *format != FORMAT_BY_NAME || option_refuse("format", word, why);
}

static bool parse_from(enum input_kind *kind, const char *word)
{
	char why[320] = "wanted:";

	*kind = input_kind_of_word(word);
	for (int i = INPUT_BY_CONTENT + 1; i < N_INPUT_KINDS; i++) {
		strcat(why, i == INPUT_BY_CONTENT + 1 ? " " : ", ");
		strcat(why, input_kind_word((enum input_kind)i));
	}
	return *kind != INPUT_BY_CONTENT || option_refuse("from", word, why);
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
		return for_each_event(value, add_word, &filter->events) ||
		       option_refuse("event", value, "wanted: names");
	case OPTION_TIME:
		return parse_time_range(filter, value) ||
		       option_refuse("time", value,
				     "wanted: FROM,TO in seconds");
	}
	return for_each_part(value, add_label, &options->asked_split) ||
	       option_refuse("label", value,
			     "wanted: tid, cpu, timestamp_ns, cgroup, "
			     "execution_mode, pmu");
}

static bool parse_by(bool *is_by_line, const char *text)
{
	*is_by_line = strcmp(text, "line") == 0;
	return *is_by_line || strcmp(text, "function") == 0;
}

static void add_output(struct options *options, char *path)
{
	*vec_add(&options->outputs) = (struct output){ .path = path };
}

static bool apply(struct options *options, int option, char *value)
{
	switch (option) {
	case OPTION_MAX_UNRESOLVED:
		options->has_max_unresolved = true;
		return (parse_percent(&options->max_unresolved, value) &&
			options->max_unresolved <= 100) ||
		       option_refuse("max-unresolved", value,
				     "wanted: 0 to 100");
	case OPTION_FOLDED_WITH:
		return parse_folded(&options->look.folded, value) ||
		       option_refuse("folded-with", value,
				     "wanted: comm, pid, tid, kernel, inline, "
				     "jit, none");
	case OPTION_FORMAT:
		return parse_format(&options->format, value);
	case OPTION_FROM:
		return parse_from(&options->from, value);
	case OPTION_TYPE:
		options->value_type = value;
		break;
	case OPTION_RESYMBOLIZE:
		options->resymbolizes = true;
		break;
	case OPTION_RAW:
		return parse_raw(&options->look, value) ||
		       option_refuse("raw", value, "wanted: address, offset");
	case OPTION_STATS:
		return parse_stats(&options->stats, value) ||
		       option_refuse("stats", value, "wanted: json or nothing");
	case OPTION_CUM:
		options->look.is_by_cum = true;
		break;
	case OPTION_BY:
		return parse_by(&options->look.is_by_line, value) ||
		       option_refuse("by", value, "wanted: function, line");
	case OPTION_PER_THREAD:
		options->look.is_per_thread = true;
		break;
	case OPTION_TITLE:
		options->look.title = value;
		options->look.is_title_chosen = true;
		break;
	case OPTION_NORMALIZE:
		options->normalizes = true;
		break;
	case OPTION_MAX_REGRESSION:
		*vec_add(&options->max_regressions) = value;
		break;
	case OPTION_MAX_TOTAL:
		options->has_max_total = true;
		return parse_percent(&options->max_total, value) ||
		       option_refuse("max-total", value, "wanted: percent");
	case OPTION_BASELINE:
		options->baseline = value;
		break;
	case 'n':
		return option_number(value, value + strlen(value), INT32_MAX,
				     &options->look.n_top) ||
		       option_refuse("n", value, "wanted: a number");
	case 'o':
		add_output(options, mem_strdup(value));
		break;
	default:
		return option >= FIRST_SYMBOL_OPTION || option < FIRST_OPTION
			       ? symbol_options_apply(&options->symbols, option,
						      value)
			       : apply_filter(options, option, value);
	}
	return true;
}

/* The input's name with the format's ending, beside it. */
static char *default_output(const char *input, enum output_format format)
{
	const char *ending = output_format_ending(format);
	size_t length = strlen(input);

	if (!ending || strcmp(input, "-") == 0)
		return ending ? mem_printf("perf.data.%s", ending)
			      : mem_strdup("-");
	while (length > 1 && input[length - 1] == '/')
		length--;
	return mem_printf("%.*s.%s", (int)length, input, ending);
}

static void complete_outputs(struct options *options,
			     const struct command *command)
{
	enum output_format format = options->format;

	if (format == FORMAT_BY_NAME)
		format = command->format;
	if (options->outputs.n == 0)
		add_output(options,
			   command->is_folder
				   ? mem_strdup(command->output)
				   : default_output(
					     command->output
						     ? command->output
						     : options->inputs.items[0],
					     format));
	options->split = options->asked_split;
	for (size_t i = 0; i < options->outputs.n; i++) {
		struct output *output = &options->outputs.items[i];

		output->format = options->format;
		if (output->format == FORMAT_BY_NAME)
			output->format = output_format_of_path(output->path);
		if (output->format == FORMAT_BY_NAME)
			output->format = format;
		output_format_split(output->format, &options->look,
				    &options->split);
	}
}

/* A name that tells another format than it would get. */
static bool check_endings(const struct options *options)
{
	static const char *const others[] = { ".json", ".txt", ".htm", ".csv" };

	for (size_t i = 0; i < options->outputs.n; i++) {
		const struct output *output = &options->outputs.items[i];

		for (size_t k = 0; output->format == FORMAT_PPROF &&
				   options->format == FORMAT_BY_NAME &&
				   k < sizeof(others) / sizeof(*others);
		     k++)
			if (text_ends_with(output->path, others[k])) {
				fprintf(stderr,
					"symconv: %s: of which format? "
					"--format "
					"NAME tells (%s)\n",
					output->path, output_format_words());
				return false;
			}
	}
	return true;
}

/* Standard output has room for one thing. */
static bool check_standard_output(const struct options *options)
{
	size_t n = options->stats == STATS_JSON;

	for (size_t i = 0; i < options->outputs.n; i++)
		n += strcmp(options->outputs.items[i].path, "-") == 0;
	if (n > 1)
		fprintf(stderr, "symconv: %s want standard output\n",
			options->stats == STATS_JSON
				? "--stats=json and -o - both"
				: "several outputs");
	return n <= 1;
}

/* What flame graphs are called. */
static const char *make_title(struct options *options)
{
	if (options->inputs.n > 1)
		options->made_title =
			mem_printf("%zu inputs", options->inputs.n);
	return options->inputs.n > 1 ? options->made_title
				     : options->inputs.items[0];
}

static bool complete(struct options *options, const struct command *command,
		     int argc, char **argv)
{
	size_t n = (size_t)(argc - optind);

	if (n < command->min_inputs || n > command->max_inputs) {
		fprintf(stderr, "symconv: %s (see symconv %s%s--help)\n",
			n < command->min_inputs
				? n == 0 ? "no input given"
					 : "too few inputs given"
			: command->max_inputs == 1 ? "more than one input given"
						   : "too many inputs given",
			command->word ? command->word : "",
			command->word ? " " : "");
		return false;
	}
	for (int i = optind; i < argc; i++)
		*vec_add(&options->inputs) = argv[i];
	complete_outputs(options, command);
	symbol_options_complete(&options->symbols);
	if (!options->look.title)
		options->look.title = make_title(options);
	options->look.n_threads = options->symbols.n_jobs;
	return check_standard_output(options) && check_endings(options);
}

/* Options that only some commands take, a conversion being "". */
static bool is_for(int option, const struct command *command)
{
	static const struct {
		int option;
		const char *name;
		const char *words; /* with blanks around each */
	} some[] = {
		{ OPTION_NORMALIZE, "normalize", " diff report " },
		{ OPTION_MAX_REGRESSION, "max-regression", " diff " },
		{ OPTION_MAX_TOTAL, "max-total", " diff " },
		{ OPTION_BASELINE, "baseline", " report " },
		{ OPTION_MAX_UNRESOLVED, "max-unresolved", "  top merge " },
		{ OPTION_STATS, "stats", "  top merge " },
		{ OPTION_FORMAT, "format", "  top merge diff " },
	};
	const char *word = command->word ? command->word : "";
	char wanted[32];

	snprintf(wanted, sizeof(wanted), " %s ", word);
	for (size_t i = 0; i < sizeof(some) / sizeof(*some); i++)
		if (some[i].option == option &&
		    !strstr(some[i].words, wanted)) {
			fprintf(stderr,
				"symconv: --%s is not an option of symconv%s%s "
				"(see symconv --help)\n",
				some[i].name, *word ? " " : "", word);
			return false;
		}
	return true;
}

static void print_help(const struct command *command)
{
	fputs(command->usage, stdout);
	fputs(help_of_input, stdout);
	fputs(symbol_options_help, stdout);
	fputs(help_of_running, stdout);
}

enum options_result options_parse(struct options *options,
				  const struct command *command, int argc,
				  char **argv)
{
	int option;

	*options = (struct options){
		.look = { .n_top = 30,
			  .raw = command->raw,
			  .folded = { .has_comm = true } },
	};
	symbol_options_init(&options->symbols);
	while ((option = getopt_long(argc, argv, "hn:o:V" SYMBOL_SHORT_OPTIONS,
				     long_options, NULL)) != -1) {
		if (option == 'h') {
			print_help(command);
			return OPTIONS_DONE;
		}
		if (option == 'V') {
			puts(PACKAGE_STRING);
			return OPTIONS_DONE;
		}
		if (option == '?' || !is_for(option, command) ||
		    !apply(options, option, optarg))
			return OPTIONS_WRONG;
	}
	return complete(options, command, argc, argv) ? OPTIONS_RUN
						      : OPTIONS_WRONG;
}

void options_release(struct options *options)
{
	for (size_t i = 0; i < options->outputs.n; i++)
		free(options->outputs.items[i].path);
	vec_release(&options->outputs);
	vec_release(&options->inputs);
	free(options->made_title);
	vec_release(&options->max_regressions);
	symbol_options_release(&options->symbols);
	vec_release(&options->filter.pids);
	vec_release(&options->filter.tids);
	vec_release(&options->filter.cpus);
	vec_release(&options->filter.comms);
	vec_release(&options->filter.events);
}

int options_run(const struct command *command, int argc, char **argv,
		int (*run)(const struct options *options))
{
	enum { EXIT_USAGE = 2 };
	struct options options;
	int status = EXIT_SUCCESS;

	switch (options_parse(&options, command, argc, argv)) {
	case OPTIONS_RUN:
		status = run(&options);
		break;
	case OPTIONS_WRONG:
		status = EXIT_USAGE;
		break;
	case OPTIONS_DONE:
		break;
	}
	options_release(&options);
	return status;
}
