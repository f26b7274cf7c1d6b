#include "config.h"
#include "cmd/summary.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "cmd/json.h"
#include "profile/truncated.h"
#include "profile/value_shown.h"

/* How many of the worst modules the short summary shows. */
enum { N_WORST = 5 };

static double seconds(uint64_t ns)
{
	return (double)ns / 1e9;
}

static const char *module_name(const struct summary *summary, uint32_t module,
			       char *out, size_t size)
{
	const struct profile *profile = summary->profile;

	if (module == NO_MODULE)
		return "(no module)";
	return text_escape(
		out, size,
		profile_string(profile, profile->modules.items[module].path));
}

/* What a user can do about frames that have no name; NULL: nothing simple. */
static const char *remedy(enum reason reason)
{
	switch (reason) {
	case REASON_FILE_MISSING:
		return "convert where the file is, or name its place (--symfs, "
		       "--debug-dir, DEBUGINFOD_URLS)";
	case REASON_FETCH_DISABLED:
		return "convert without --offline";
	case REASON_FETCH_FAILED:
		return "try again when the servers of DEBUGINFOD_URLS answer, "
		       "or with a larger --fetch-budget";
	case REASON_BUILD_ID_MISMATCH:
		return "put the file that was captured in its place";
	case REASON_REPLACED:
		return "record with --buildid-mmap, which notes the build ids "
		       "of what is mapped";
	case REASON_UNPROVEN:
		return "look it up by its path all the same with "
		       "--resymbolize";
	case REASON_NO_SYMBOLS:
		return "install its debug package, or name its place "
		       "(--debug-dir, DEBUGINFOD_URLS)";
	case REASON_JIT_MAP_REFUSED:
		return "name its directory with --perf-map-dir if its owner "
		       "may name these frames";
	case REASON_KERNEL_RESTRICTED:
		return "convert as root, or use --kallsyms with a copy that "
		       "root made in the captured boot";
	case REASON_KERNEL_DIFFERS:
		return "use --kallsyms with a copy from the captured boot, or "
		       "--vmlinux with the captured kernel";
	case REASON_OTHER_LOAD:
		return "use --kallsyms with a copy from before it was loaded "
		       "again, or --symfs with its file";
	case REASON_KERNEL_UNPROVEN:
		return "if it was recorded here since this machine was booted, "
		       "use --kallsyms /proc/kallsyms; else record with "
		       "--buildid-mmap";
	case REASON_KERNEL_HIDDEN:
		return "record as root or with sysctl kernel.kptr_restrict=0; "
		       "or convert as root in the captured boot, or use "
		       "--kallsyms-unchecked with root's copy of "
		       "/proc/kallsyms from that boot";
	case REASON_VDSO_DIFFERS:
		return "convert on the captured machine, or with the files of "
		       "perf archive (--buildid-dir) or the kernel's debug "
		       "package (--debug-dir)";
	case REASON_GUEST_KERNEL:
		return "use --guest-kallsyms with a copy of /proc/kallsyms "
		       "that root made in the guest in that boot, or "
		       "--guest-vmlinux";
	default:
		return NULL;
	}
}

/* ---- text ---- */

/* Which of several events pictures and tables are about. */
static void print_shown(const struct profile *profile)
{
	char *others = value_shown_others(profile, profile->default_type);
	struct buf shown = { 0 };

	if (others) {
		value_shown_describe(profile, profile->default_type, &shown);
		fprintf(stderr, "  shown: %.*s; also: %s (--type NAME)\n",
			(int)shown.size, (const char *)shown.bytes, others);
	}
	buf_release(&shown);
	free(others);
}

static void print_losses(const struct read_stats *read)
{
	if (read->n_lost > 0)
		fprintf(stderr,
			"  lost while recording: %" PRIu64
			" (record with larger buffers: perf record -m)\n",
			read->n_lost);
	if (read->n_bpf_filtered > 0)
		fprintf(stderr,
			"  filtered by BPF while recording: %" PRIu64
			" samples\n",
			read->n_bpf_filtered);
	if (read->n_damaged > 0)
		fprintf(stderr, "  damaged records: %" PRIu64 "\n",
			read->n_damaged);
	if (read->n_unknown > 0)
		fprintf(stderr,
			"  records of unknown types, skipped: %" PRIu64 "\n",
			read->n_unknown);
	if (read->n_throttled > 0)
		fprintf(stderr,
			"  throttled by the kernel: %" PRIu64 " times\n",
			read->n_throttled);
	if (read->n_not_joined > 0)
		fprintf(stderr,
			"  samples whose deferred user stack is missing: "
			"%" PRIu64 "\n",
			read->n_not_joined);
	if (read->n_filtered > 0)
		fprintf(stderr, "  left out by filters: %" PRIu64 " samples\n",
			read->n_filtered);
}

static void print_truncated(const struct profile *profile)
{
	uint64_t n = profile_count_truncated(profile);

	if (n > 0)
		fprintf(stderr,
			"  samples whose stack was cut, ending in [truncated]: "
			"%" PRIu64 "\n",
			n);
}

static void print_unwound(const struct read_stats *read)
{
	const struct unwind_stats *stats = &read->unwound;
	char name[64];
	static const char *const about[N_STACK_ENDS] = {
		[STACK_OUTERMOST] = "to the outermost frame",
		[STACK_TRUNCATED] =
			"up to their copy's end (--call-graph dwarf,BYTES)",
		[STACK_NO_INFO] = "as far as there was unwind information",
		[STACK_BAD_FRAME] = "up to a frame that led nowhere",
	};

	for (int i = 0; i < N_STACK_ENDS; i++)
		if (stats->n_ends[i] > 0)
			fprintf(stderr,
				"  user stacks unwound %s: %" PRIu64 "\n",
				about[i], stats->n_ends[i]);
	if (stats->n_unsupported > 0)
		fprintf(stderr,
			"  user stacks not unwound, as their architecture, "
			"%s, is not supported: %" PRIu64 "\n",
			text_escape(name, sizeof(name), read->machine),
			stats->n_unsupported);
	if (stats->n_unknown > 0)
		fprintf(stderr,
			"  user stacks not unwound, as their architecture is "
			"unknown: %" PRIu64 "\n",
			stats->n_unknown);
}

static void print_row(const struct summary *summary,
		      const struct coverage_row *row)
{
	const struct profile *profile = summary->profile;
	const char *help = remedy(row->reason);
	char name[512];

	fprintf(stderr, "  %6.2f%%  %s: %s\n",
		coverage_percent(row->weight, summary->coverage->weight),
		module_name(summary, row->module, name, sizeof(name)),
		reason_text(row->reason));
	if (row->module != NO_MODULE &&
	    profile->modules.items[row->module].note) {
		uint32_t note = profile->modules.items[row->module].note;

		fprintf(stderr, "           (%s)\n",
			text_escape(name, sizeof(name),
				    profile_string(profile, note)));
	}
	if (help)
		fprintf(stderr, "           -> %s\n", help);
}

static void print_unnamed(const struct summary *summary)
{
	const struct coverage *coverage = summary->coverage;
	size_t n = coverage->rows.n;

	if (summary->options->stats == STATS_SHORT && n > N_WORST)
		n = N_WORST;
	for (size_t i = 0; i < n; i++)
		print_row(summary, &coverage->rows.items[i]);
	if (n < coverage->rows.n)
		fprintf(stderr, "  and %zu more (--stats shows all)\n",
			coverage->rows.n - n);
}

/* Files that were used although nothing in the capture says that they are the
 * ones it saw. */
static size_t count_unchecked(const struct profile *profile)
{
	size_t n = 0;

	for (size_t i = 0; i < profile->modules.n; i++) {
		const struct module *module = &profile->modules.items[i];

		n += module->kind == MODULE_FILE && module->segments.n > 0 &&
		     module->build_id.size == 0 && module->inode == 0;
	}
	return n;
}

/* Symbols that were used although the capture does not prove that they are
 * its own. */
static void print_beliefs(const struct profile *profile)
{
	char name[512];

	for (size_t i = 0; i < profile->modules.n; i++) {
		const struct module *module = &profile->modules.items[i];

		if (module->belief)
			fprintf(stderr, "%s: symbols %s\n",
				text_escape(
					name, sizeof(name),
					profile_string(profile, module->path)),
				profile_string(profile, module->belief));
	}
}

static void print_lacking(const struct summary *summary)
{
	size_t n = summary->symbolizer->n_units_lacking;

	if (n > 0)
		fprintf(stderr,
			"split DWARF that was not found: of %zu units, whose "
			"inlined calls have no names\n"
			"           -> put FILE.dwp beside the file, or name a "
			"directory with it or the .dwo files (--debug-dir)\n",
			n);
}

static void print_text(const struct summary *summary)
{
	size_t n_unchecked = count_unchecked(summary->profile);

	const struct coverage *coverage = summary->coverage;
	const struct read_stats *read = summary->read;
	double named = coverage->by_reason[REASON_NAMED].weight;

	fprintf(stderr,
		"%" PRIu64 " samples, %zu unique stacks, %" PRIu64
		" locations in %zu modules\n",
		read->n_samples, summary->profile->stacks.n,
		coverage->n_locations, coverage->n_modules);
	print_shown(summary->profile);
	print_losses(read);
	print_unwound(read);
	print_truncated(summary->profile);
	if (coverage->n_locations > 0)
		fprintf(stderr, "frames with a name: %.2f%% of the weight\n",
			coverage_percent(named, coverage->weight));
	print_unnamed(summary);
	print_lacking(summary);
	if (read->n_kept_unnamed > 0)
		fprintf(stderr,
			"%" PRIu64 " locations have no name in the profile, "
			"and were not looked up again (--resymbolize does)\n",
			read->n_kept_unnamed);
	print_beliefs(summary->profile);
	if (n_unchecked > 0)
		fprintf(stderr,
			"%zu files were used without a check: the capture has "
			"no build ids of them\n",
			n_unchecked);
	fprintf(stderr,
		"%.3f s: read %.3f, resolve %.3f, symbolize %.3f, write %.3f\n",
		seconds(summary->total_ns),
		seconds(read->scan_ns + read->samples_ns),
		seconds(read->resolve_ns), seconds(summary->symbolize_ns),
		seconds(summary->write_ns));
	if (summary->options->stats == STATS_FULL)
		fprintf(stderr,
			"workers: %zu started, %zu failed, %.3f s of CPU; "
			"cache: %" PRIu64 " hits, %" PRIu64 " misses, %" PRIu64
			" stored\n",
			summary->symbolizer->n_workers_started,
			summary->symbolizer->n_workers_failed,
			seconds(summary->symbolizer->worker_cpu_ns),
			summary->cache.n_hits, summary->cache.n_misses,
			summary->cache.n_stored);
	for (size_t i = 0; i < summary->options->outputs.n; i++) {
		const char *path = summary->options->outputs.items[i].path;
		char name[512];

		if (strcmp(path, "-") != 0)
			fprintf(stderr, "wrote %s (%zu bytes)\n",
				text_escape(name, sizeof(name), path),
				summary->output_sizes[i]);
	}
}

/* ---- JSON ---- */

static struct json_object *json_row(const struct summary *summary,
				    const struct coverage_row *row)
{
	struct json_object *object = json_object_new_object();
	const struct profile *profile = summary->profile;
	double all = summary->coverage->weight;
	char name[4096];

	if (row->module != NO_MODULE) {
		const struct module *module =
			&profile->modules.items[row->module];
		char hex[BUILD_ID_HEX_MAX];

		put_text(object, "module",
			 module_name(summary, row->module, name, sizeof(name)));
		put_text(object, "build_id",
			 build_id_hex(&module->build_id, hex));
		if (module->note)
			put_text(object, "note",
				 text_escape(name, sizeof(name),
					     profile_string(profile,
							    module->note)));
	}
	put_text(object, "reason", reason_word(row->reason));
	put_count(object, "locations", row->n_locations);
	put_number(object, "weight_percent",
		   coverage_percent(row->weight, all));
	put_number(object, "leaf_weight_percent",
		   coverage_percent(row->leaf_weight,
				    summary->coverage->leaf_weight));
	return object;
}

static struct json_object *json_unwound(const struct unwind_stats *stats)
{
	struct json_object *object = json_object_new_object();

	put_count(object, "outermost", stats->n_ends[STACK_OUTERMOST]);
	put_count(object, "truncated", stats->n_ends[STACK_TRUNCATED]);
	put_count(object, "no_unwind_info", stats->n_ends[STACK_NO_INFO]);
	put_count(object, "bad_frame", stats->n_ends[STACK_BAD_FRAME]);
	put_count(object, "unsupported", stats->n_unsupported);
	put_count(object, "unknown_architecture", stats->n_unknown);
	return object;
}

static struct json_object *json_capture(const struct read_stats *read)
{
	struct json_object *object = json_object_new_object();
	struct json_object *warnings = json_object_new_array();
	char name[64];

	put_count(object, "samples", read->n_samples);
	put_count(object, "records", read->n_records);
	put_count(object, "lost", read->n_lost);
	put_count(object, "filtered_by_bpf", read->n_bpf_filtered);
	put_count(object, "damaged", read->n_damaged);
	put_count(object, "unknown", read->n_unknown);
	put_count(object, "throttled", read->n_throttled);
	put_count(object, "not_joined", read->n_not_joined);
	put_count(object, "filtered", read->n_filtered);
	put_count(object, "kept_unnamed", read->n_kept_unnamed);
	if (read->machine)
		put_text(object, "architecture",
			 text_escape(name, sizeof(name), read->machine));
	json_object_object_add(object, "unwound", json_unwound(&read->unwound));
	for (size_t i = 0; i < read->warnings.n; i++)
		json_object_array_add(
			warnings,
			json_object_new_string(read->warnings.items[i]));
	json_object_object_add(object, "warnings", warnings);
	return object;
}

static struct json_object *json_types(const struct profile *profile)
{
	struct json_object *types = json_object_new_array();
	char name[4096];

	for (uint32_t i = 0; i < profile->types.n; i++) {
		const struct value_type *type = &profile->types.items[i];
		struct json_object *object = json_object_new_object();

		put_text(object, "type",
			 text_escape(name, sizeof(name),
				     profile_string(profile, type->type)));
		put_text(object, "unit",
			 text_escape(name, sizeof(name),
				     profile_string(profile, type->unit)));
		json_object_object_add(
			object, "total",
			json_object_new_int64(profile_total(profile, i)));
		json_object_object_add(
			object, "shown",
			json_object_new_boolean(i == profile->default_type));
		json_object_array_add(types, object);
	}
	return types;
}

static struct json_object *json_frames(const struct summary *summary)
{
	const struct coverage *coverage = summary->coverage;
	struct json_object *object = json_object_new_object();
	struct json_object *reasons = json_object_new_object();
	struct json_object *rows = json_object_new_array();

	put_count(object, "locations", coverage->n_locations);
	put_count(object, "named", coverage->n_named);
	put_number(object, "named_weight_percent",
		   coverage_percent(coverage->by_reason[REASON_NAMED].weight,
				    coverage->weight));
	put_number(object, "unnamed_leaf_weight_percent",
		   coverage_percent(coverage->leaf_unnamed,
				    coverage->leaf_weight));
	for (int i = REASON_NAMED + 1; i < N_REASONS; i++)
		if (coverage->by_reason[i].n_locations > 0)
			put_count(reasons, reason_word((enum reason)i),
				  coverage->by_reason[i].n_locations);
	json_object_object_add(object, "reasons", reasons);
	for (size_t i = 0; i < coverage->rows.n; i++)
		json_object_array_add(
			rows, json_row(summary, &coverage->rows.items[i]));
	json_object_object_add(object, "unnamed", rows);
	return object;
}

static struct json_object *json_seconds(const struct summary *summary)
{
	struct json_object *object = json_object_new_object();

	put_number(object, "scan", seconds(summary->read->scan_ns));
	put_number(object, "samples", seconds(summary->read->samples_ns));
	put_number(object, "resolve", seconds(summary->read->resolve_ns));
	put_number(object, "symbolize", seconds(summary->symbolize_ns));
	put_number(object, "write", seconds(summary->write_ns));
	put_number(object, "total", seconds(summary->total_ns));
	put_number(object, "worker_cpu",
		   seconds(summary->symbolizer->worker_cpu_ns));
	return object;
}

static struct json_object *json_cache(const struct summary *summary)
{
	struct json_object *object = json_object_new_object();

	put_count(object, "hits", summary->cache.n_hits);
	put_count(object, "misses", summary->cache.n_misses);
	put_count(object, "stored", summary->cache.n_stored);
	put_count(object, "bytes_read", summary->cache.bytes_read);
	put_count(object, "bytes_stored", summary->cache.bytes_stored);
	return object;
}

static struct json_object *json_outputs(const struct summary *summary)
{
	struct json_object *outputs = json_object_new_array();

	for (size_t i = 0; i < summary->options->outputs.n; i++) {
		const struct output *output =
			&summary->options->outputs.items[i];
		struct json_object *object = json_object_new_object();
		char name[4096];

		put_text(object, "path",
			 text_escape(name, sizeof(name), output->path));
		put_text(object, "format", output_format_word(output->format));
		put_count(object, "bytes", summary->output_sizes[i]);
		json_object_array_add(outputs, object);
	}
	return outputs;
}

/* What differs from run to run. */
static void put_running(struct json_object *object,
			const struct summary *summary)
{
	json_object_object_add(object, "seconds", json_seconds(summary));
	json_object_object_add(object, "cache", json_cache(summary));
	put_count(object, "workers_started",
		  summary->symbolizer->n_workers_started);
	put_count(object, "workers_failed",
		  summary->symbolizer->n_workers_failed);
}

static void put_belief(struct json_object *object,
		       const struct profile *profile)
{
	for (size_t i = 0; i < profile->modules.n; i++) {
		uint32_t belief = profile->modules.items[i].belief;

		if (belief)
			put_text(object, "unproven_kernel_symbols",
				 profile_string(profile, belief));
	}
}

char *summary_json(const struct summary *summary)
{
	struct json_object *object = json_object_new_object();
	char name[4096], *text;

	put_text(object, "input",
		 text_escape(name, sizeof(name), summary->input));
	if (summary->output_sizes)
		json_object_object_add(object, "outputs",
				       json_outputs(summary));
	json_object_object_add(object, "capture", json_capture(summary->read));
	json_object_object_add(object, "types", json_types(summary->profile));
	put_count(object, "stacks", summary->profile->stacks.n);
	put_count(object, "truncated_samples",
		  profile_count_truncated(summary->profile));
	put_count(object, "modules", summary->coverage->n_modules);
	put_count(object, "unchecked_files", count_unchecked(summary->profile));
	put_belief(object, summary->profile);
	put_count(object, "split_units_missing",
		  summary->symbolizer->n_units_lacking);
	json_object_object_add(object, "frames", json_frames(summary));
	if (summary->output_sizes)
		put_running(object, summary);
	text = mem_printf(
		"%s\n",
		json_object_to_json_string_ext(
			object, JSON_C_TO_STRING_PRETTY |
					JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
	return text;
}

static void print_json(const struct summary *summary)
{
	char *text = summary_json(summary);

	fputs(text, stdout);
	free(text);
}

void summary_print(const struct summary *summary)
{
	if (summary->options->stats == STATS_JSON)
		print_json(summary);
	else if (!summary->options->symbols.is_quiet)
		print_text(summary);
}
