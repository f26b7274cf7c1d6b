#include "config.h"
#include "cmd/symbol_options.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/pool.h"
#include "cmd/option_value.h"
#include "symbolize/perf_config.h"

const char symbol_options_help[] =
	"Symbols:\n"
	"      --symfs DIR        the captured machine's files, as from its "
	"root;\n"
	"                         looked at before those of this machine\n"
	"      --debug-dir DIR    debug files, as in /usr/lib/debug; may be "
	"repeated\n"
	"      --buildid-dir DIR  perf's build-id cache (default: that of "
	"perfconfig, or\n"
	"                         ~/.debug), or what perf archive has packed\n"
	"      --kallsyms FILE    kernel symbols: a copy of the captured "
	"machine's\n"
	"                         /proc/kallsyms\n"
	"      --kallsyms-unchecked FILE  the same where the capture says "
	"nothing that\n"
	"                         FILE could be checked with\n"
	"      --vmlinux FILE     kernel symbols: the captured kernel's ELF "
	"file\n"
	"      --guest-kallsyms FILE, --guest-vmlinux FILE\n"
	"                         the same of a guest's kernel (perf kvm "
	"--guest)\n"
	"      --perf-map-dir DIR perf-PID.map and jitdumps of just-in-time "
	"compilers, of\n"
	"                         any owner (default: /tmp, if trusted)\n"
	"      --fetch-budget B[,S]  download at most B bytes (K, M, G) in S "
	"seconds from\n"
	"                         the servers of DEBUGINFOD_URLS (default: "
	"1G,120)\n"
	"      --offline          never use the network\n"
	"      --cache DIR[:DIR]  where what was read of modules is kept; the "
	"folders\n"
	"                         behind the first are only read\n"
	"      --cache-max BYTES  its size (K, M, G; default: 5G)\n"
	"      --no-cache         neither read nor write it\n"
	"      --no-inline        only physical functions\n"
	"      --demangle STYLE   names as: short (without parameters; the "
	"default),\n"
	"                         full, none\n";

static bool parse_budget(struct fetch_options *fetch, const char *text)
{
	const char *comma = strchr(text, ',');
	uint32_t seconds = fetch->max_seconds;

	if (!option_size(text, comma ? comma : text + strlen(text),
			 &fetch->max_bytes) ||
	    (comma &&
	     !option_number(comma + 1, comma + strlen(comma), 86400, &seconds)))
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

static bool parse_jobs(unsigned *n_jobs, const char *text)
{
	uint32_t n;

	if (!option_number(text, text + strlen(text), 1024, &n) || n == 0)
		return false;
	*n_jobs = n;
	return true;
}

bool symbol_options_apply(struct symbol_options *options, int option,
			  char *value)
{
	struct symbolizer_options *symbolizer = &options->symbolizer;
	struct find_places *places = &symbolizer->places;

	switch (option) {
	case OPTION_BUILDID_DIR:
		free(places->buildid_dir);
		places->buildid_dir = mem_strdup(value);
		break;
	case OPTION_DEBUG_DIR:
		*vec_add(&places->debug_dirs) = value;
		break;
	case OPTION_PERF_MAP_DIR:
		symbolizer->perf_map_dir = value;
		break;
	case OPTION_SYMFS:
		places->symfs = value;
		break;
	case OPTION_CACHE:
		free(options->cache);
		options->cache = mem_strdup(value);
		break;
	case OPTION_CACHE_MAX:
		return option_size(value, value + strlen(value),
				   &options->cache_max) ||
		       option_refuse("cache-max", value,
				     "wanted: BYTES[K|M|G]");
	case OPTION_NO_CACHE:
		free(options->cache);
		options->cache = NULL;
		break;
	case OPTION_DEMANGLE:
		return parse_demangle(&symbolizer->demangle, value) ||
		       option_refuse("demangle", value,
				     "wanted: short, full, none");
	case OPTION_KALLSYMS:
	case OPTION_KALLSYMS_UNCHECKED:
		symbolizer->kallsyms = value;
		symbolizer->is_kallsyms_unchecked =
			option == OPTION_KALLSYMS_UNCHECKED;
		break;
	case OPTION_VMLINUX:
		symbolizer->vmlinux = value;
		break;
	case OPTION_GUEST_KALLSYMS:
		symbolizer->guest_kallsyms = value;
		break;
	case OPTION_GUEST_VMLINUX:
		symbolizer->guest_vmlinux = value;
		break;
	case OPTION_NO_INLINE:
		symbolizer->no_inline = true;
		break;
	case OPTION_FETCH_BUDGET:
		return parse_budget(&symbolizer->fetch, value) ||
		       option_refuse("fetch-budget", value,
				     "wanted: BYTES[K|M|G][,SECONDS]");
	case OPTION_OFFLINE:
		symbolizer->fetch.is_offline = true;
		break;
	case 'j':
		return parse_jobs(&options->n_jobs, value) ||
		       option_refuse("jobs", value, "wanted: 1 to 1024");
	case 'q':
		options->is_quiet = true;
		break;
	case 'v':
		options->is_verbose = true;
		break;
	}
	return true;
}

/* Without the variable, which is how every tool is told of servers, there is
 * none. */
static void set_servers(struct symbol_options *options)
{
	struct fetch_options *fetch = &options->symbolizer.fetch;
	const char *servers = getenv("DEBUGINFOD_URLS");
	bool has_any = servers && servers[strspn(servers, " \t\n")];

	fetch->is_offline = fetch->is_offline && has_any;
	if (has_any && !fetch->is_offline)
		fetch->servers = servers;
}

void symbol_options_complete(struct symbol_options *options)
{
	const char *hidden = getenv("SYMCONV_FORCE_KERNEL_FALLBACK");

	set_servers(options);
	if (options->cache)
		options->symbolizer.places.store =
			cache_first_folder(options->cache);
	options->symbolizer.hide_kernel = hidden && strcmp(hidden, "1") == 0;
	options->symbolizer.n_workers = options->n_jobs;
}

void symbol_options_init(struct symbol_options *options)
{
	*options = (struct symbol_options){
		.cache = cache_default_folder(),
		.cache_max = UINT64_C(5) << 30,
		.n_jobs = pool_processors(),
		.symbolizer.places.buildid_dir = perf_config_buildid_dir(),
		.symbolizer.fetch = {
			.max_bytes = UINT64_C(1) << 30,
			.max_seconds = 120,
			.least_percent = 0.1,
		},
	};
}

void symbol_options_release(struct symbol_options *options)
{
	free(options->cache);
	find_places_release(&options->symbolizer.places);
}
