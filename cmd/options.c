#include "config.h"
#include "cmd/options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/pool.h"
#include "base/text.h"
#include "symbolize/perf_config.h"

static const char help[] =
	"Usage: symconv INPUT [-o OUT] [OPTION]...\n"
	"Turn a perf.data capture into a symbolized pprof profile.\n"
	"\n"
	"INPUT is a file or folder written by 'perf record', or - for standard "
	"input.\n"
	"OUT defaults to INPUT's name with .pb.gz; - is standard output.\n"
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
	"Symbols:\n"
	"      --kallsyms FILE    kernel symbols: a copy of the captured "
	"machine's\n"
	"                         /proc/kallsyms\n"
	"      --vmlinux FILE     kernel symbols: the captured kernel's ELF "
	"file\n"
	"      --symfs DIR        the captured machine's files, as from its "
	"root;\n"
	"                         looked at before those of this machine\n"
	"      --debug-dir DIR    debug files, as in /usr/lib/debug; may be "
	"repeated\n"
	"      --buildid-dir DIR  perf's build-id cache (default: that of "
	"perfconfig, or\n"
	"                         ~/.debug), or an unpacked perf archive\n"
	"      --no-inline        only physical functions\n"
	"      --demangle STYLE   names as: short (without parameters; the "
	"default),\n"
	"                         full, none\n"
	"      --raw STYLE        frames without a name as: address (0x1234; "
	"the\n"
	"                         default), offset (module+0x1234)\n"
	"      --fetch-budget B[,S]  download at most B bytes (K, M, G) in S "
	"seconds from\n"
	"                         the servers of DEBUGINFOD_URLS (default: "
	"1G,120)\n"
	"      --offline          never use the network\n"
	"      --cache DIR        where what was read of modules is kept\n"
	"      --no-cache         neither read nor write it\n"
	"Running:\n"
	"  -o, --output OUT       where the profile goes\n"
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
	OPTION_BUILDID_DIR = 256,
	OPTION_CACHE,
	OPTION_NO_CACHE,
	OPTION_COMM,
	OPTION_CPU,
	OPTION_DEBUG_DIR,
	OPTION_DEMANGLE,
	OPTION_EVENT,
	OPTION_FETCH_BUDGET,
	OPTION_KALLSYMS,
	OPTION_LABEL,
	OPTION_MAX_UNRESOLVED,
	OPTION_NO_INLINE,
	OPTION_OFFLINE,
	OPTION_PID,
	OPTION_RAW,
	OPTION_STATS,
	OPTION_SYMFS,
	OPTION_TID,
	OPTION_TIME,
	OPTION_VMLINUX,
};

static const struct option long_options[] = {
	{ "buildid-dir", required_argument, NULL, OPTION_BUILDID_DIR },
	{ "cache", required_argument, NULL, OPTION_CACHE },
	{ "comm", required_argument, NULL, OPTION_COMM },
	{ "cpu", required_argument, NULL, OPTION_CPU },
	{ "debug-dir", required_argument, NULL, OPTION_DEBUG_DIR },
	{ "demangle", required_argument, NULL, OPTION_DEMANGLE },
	{ "event", required_argument, NULL, OPTION_EVENT },
	{ "fetch-budget", required_argument, NULL, OPTION_FETCH_BUDGET },
	{ "help", no_argument, NULL, 'h' },
	{ "jobs", required_argument, NULL, 'j' },
	{ "kallsyms", required_argument, NULL, OPTION_KALLSYMS },
	{ "label", required_argument, NULL, OPTION_LABEL },
	{ "max-unresolved", required_argument, NULL, OPTION_MAX_UNRESOLVED },
	{ "no-cache", no_argument, NULL, OPTION_NO_CACHE },
	{ "no-inline", no_argument, NULL, OPTION_NO_INLINE },
	{ "offline", no_argument, NULL, OPTION_OFFLINE },
	{ "output", required_argument, NULL, 'o' },
	{ "pid", required_argument, NULL, OPTION_PID },
	{ "quiet", no_argument, NULL, 'q' },
	{ "raw", required_argument, NULL, OPTION_RAW },
	{ "stats", optional_argument, NULL, OPTION_STATS },
	{ "symfs", required_argument, NULL, OPTION_SYMFS },
	{ "tid", required_argument, NULL, OPTION_TID },
	{ "time", required_argument, NULL, OPTION_TIME },
	{ "verbose", no_argument, NULL, 'v' },
	{ "version", no_argument, NULL, 'V' },
	{ "vmlinux", required_argument, NULL, OPTION_VMLINUX },
	{ 0 },
};

/* A wrong value of an option, in one line; always false. */
static bool refuse(const char *option, const char *value, const char *wanted)
{
	char shown[256];

	fprintf(stderr, "symconv: --%s %s: %s (see symconv --help)\n", option,
		text_escape(shown, sizeof(shown), value), wanted);
	return false;
}

/* A whole number up to max that fills text up to end. */
static bool parse_number(const char *text, const char *end, unsigned long max,
			 uint32_t *number)
{
	unsigned long value = 0;

	if (text == end)
		return false;
	for (; text < end; text++) {
		if (*text < '0' || *text > '9')
			return false;
		value = value * 10 + (unsigned long)(*text - '0');
		if (value > max)
			return false;
	}
	*number = (uint32_t)value;
	return true;
}

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

	if (!parse_number(part, part + strlen(part), INT32_MAX, &number))
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

/* A size in bytes, or with K, M or G behind it. */
static bool parse_size(const char *text, const char *end, uint64_t *size)
{
	static const char units[] = "KMG";
	const char *unit = text < end ? strchr(units, end[-1]) : NULL;
	uint32_t number;
	unsigned shift = 0;

	if (unit && *unit) {
		shift = 10 * (unsigned)(unit - units + 1);
		end--;
	}
	if (!parse_number(text, end, UINT32_MAX, &number))
		return false;
	*size = (uint64_t)number << shift;
	return true;
}

static bool parse_budget(struct fetch_options *fetch, const char *text)
{
	const char *comma = strchr(text, ',');
	uint32_t seconds = fetch->max_seconds;

	if (!parse_size(text, comma ? comma : text + strlen(text),
			&fetch->max_bytes) ||
	    (comma &&
	     !parse_number(comma + 1, comma + strlen(comma), 86400, &seconds)))
		return false;
	fetch->max_seconds = seconds;
	return true;
}

static bool parse_demangle(enum demangle_style *style, const char *text)
{
	static const char *const names[] = {
		[DEMANGLE_SHORT] = "short",
		[DEMANGLE_FULL] = "full",
		[DEMANGLE_NONE] = "none",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(text, names[i]) == 0) {
			*style = (enum demangle_style)i;
			return true;
		}
	return false;
}

static bool parse_raw(enum raw_style *style, const char *text)
{
	*style = strcmp(text, "offset") == 0 ? RAW_OFFSET : RAW_ADDRESS;
	return *style == RAW_OFFSET || strcmp(text, "address") == 0;
}

static bool parse_stats(enum stats_style *style, const char *text)
{
	*style = text ? STATS_JSON : STATS_FULL;
	return !text || strcmp(text, "json") == 0;
}

static bool parse_jobs(unsigned *n_jobs, const char *text)
{
	uint32_t n;

	if (!parse_number(text, text + strlen(text), 1024, &n) || n == 0)
		return false;
	*n_jobs = n;
	return true;
}

static bool apply_filter(struct options *options, int option, char *value)
{
	struct sample_filter *filter = &options->filter;

	switch (option) {
	case OPTION_PID:
		return for_each_part(value, add_number, &filter->pids) ||
		       refuse("pid", value, "wanted: numbers");
	case OPTION_TID:
		return for_each_part(value, add_number, &filter->tids) ||
		       refuse("tid", value, "wanted: numbers");
	case OPTION_CPU:
		return for_each_part(value, add_number, &filter->cpus) ||
		       refuse("cpu", value, "wanted: numbers");
	case OPTION_COMM:
		return for_each_part(value, add_word, &filter->comms) ||
		       refuse("comm", value, "wanted: names");
	case OPTION_EVENT:
		return for_each_part(value, add_word, &filter->events) ||
		       refuse("event", value, "wanted: names");
	case OPTION_TIME:
		return parse_time_range(filter, value) ||
		       refuse("time", value, "wanted: FROM,TO in seconds");
	}
	return for_each_part(value, add_label, &options->split) ||
	       refuse("label", value,
		      "wanted: tid, cpu, timestamp_ns, cgroup, execution_mode");
}

static bool apply(struct options *options, int option, char *value)
{
	struct find_places *places = &options->symbolizer.places;

	switch (option) {
	case OPTION_BUILDID_DIR:
		free(places->buildid_dir);
		places->buildid_dir = mem_strdup(value);
		break;
	case OPTION_DEBUG_DIR:
		*vec_add(&places->debug_dirs) = value;
		break;
	case OPTION_SYMFS:
		places->symfs = value;
		break;
	case OPTION_CACHE:
		free(options->cache);
		options->cache = mem_strdup(value);
		break;
	case OPTION_NO_CACHE:
		free(options->cache);
		options->cache = NULL;
		break;
	case OPTION_DEMANGLE:
		return parse_demangle(&options->symbolizer.demangle, value) ||
		       refuse("demangle", value, "wanted: short, full, none");
	case OPTION_KALLSYMS:
		options->symbolizer.kallsyms = value;
		break;
	case OPTION_VMLINUX:
		options->symbolizer.vmlinux = value;
		break;
	case OPTION_NO_INLINE:
		options->symbolizer.no_inline = true;
		break;
	case OPTION_FETCH_BUDGET:
		return parse_budget(&options->symbolizer.fetch, value) ||
		       refuse("fetch-budget", value,
			      "wanted: BYTES[K|M|G][,SECONDS]");
	case OPTION_OFFLINE:
		options->symbolizer.fetch.is_offline = true;
		break;
	case OPTION_MAX_UNRESOLVED:
		return parse_percent(options, value) ||
		       refuse("max-unresolved", value, "wanted: 0 to 100");
	case OPTION_RAW:
		return parse_raw(&options->raw, value) ||
		       refuse("raw", value, "wanted: address, offset");
	case OPTION_STATS:
		return parse_stats(&options->stats, value) ||
		       refuse("stats", value, "wanted: json or nothing");
	case 'j':
		return parse_jobs(&options->n_jobs, value) ||
		       refuse("jobs", value, "wanted: 1 to 1024");
	case 'o':
		free(options->output);
		options->output = mem_strdup(value);
		break;
	case 'q':
		options->is_quiet = true;
		break;
	case 'v':
		options->is_verbose = true;
		break;
	default:
		return apply_filter(options, option, value);
	}
	return true;
}

/* The input's name with .pb.gz, beside it. */
static char *default_output(const char *input)
{
	size_t length = strlen(input);

	if (strcmp(input, "-") == 0)
		return mem_strdup("perf.data.pb.gz");
	while (length > 1 && input[length - 1] == '/')
		length--;
	return mem_printf("%.*s.pb.gz", (int)length, input);
}

/* Without the variable, which is how every tool is told of servers, there is
 * none. */
static void set_servers(struct options *options)
{
	struct fetch_options *fetch = &options->symbolizer.fetch;
	const char *servers = getenv("DEBUGINFOD_URLS");
	bool has_any = servers && servers[strspn(servers, " \t\n")];

	fetch->is_offline = fetch->is_offline && has_any;
	if (has_any && !fetch->is_offline)
		fetch->servers = servers;
}

static bool complete(struct options *options, int argc, char **argv)
{
	const char *hidden = getenv("SYMCONV_FORCE_KERNEL_FALLBACK");

	if (optind != argc - 1) {
		fprintf(stderr, "symconv: %s (see symconv --help)\n",
			optind == argc ? "no input given"
				       : "more than one input given");
		return false;
	}
	options->input = argv[optind];
	if (!options->output)
		options->output = default_output(options->input);
	if (options->stats == STATS_JSON && strcmp(options->output, "-") == 0) {
		fputs("symconv: --stats=json and -o - both want standard "
		      "output\n",
		      stderr);
		return false;
	}
	set_servers(options);
	if (options->cache)
		options->symbolizer.places.store = mem_strdup(options->cache);
	options->symbolizer.hide_kernel = hidden && strcmp(hidden, "1") == 0;
	options->symbolizer.n_workers = options->n_jobs;
	return true;
}

enum options_result options_parse(struct options *options, int argc,
				  char **argv)
{
	int option;

	*options = (struct options){
		.cache = cache_default_folder(),
		.n_jobs = pool_processors(),
		.symbolizer.places.buildid_dir = perf_config_buildid_dir(),
		.symbolizer.fetch = {
			.max_bytes = UINT64_C(1) << 30,
			.max_seconds = 120,
			.least_percent = 0.1,
		},
	};
	while ((option = getopt_long(argc, argv, "hj:o:qvV", long_options,
				     NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
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
	free(options->cache);
	find_places_release(&options->symbolizer.places);
	vec_release(&options->filter.pids);
	vec_release(&options->filter.tids);
	vec_release(&options->filter.cpus);
	vec_release(&options->filter.comms);
	vec_release(&options->filter.events);
}
