/*
 * The files of targets are read by workers. What those say is checked where it
 * is taken in, and kept in the cache if it is all there.
 */
#include "config.h"
#include "symbolize/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "symbolize/module_key.h"
#include "symbolize/worker_pool.h"

/* Part of a target's addresses, for one worker. */
struct part {
	struct target *target;
	size_t first;
	size_t n;
};

static void fill_request(const struct run *run, const struct part *part,
			 struct buf *request)
{
	const struct target *target = part->target;
	const struct module *module =
		&run->profile->modules.items[target->module];
	const char *symbol = profile_string(run->profile, module->ref_symbol);
	struct worker_request header = {
		.task = target->is_vmlinux ? WORKER_SYMBOLIZE_KERNEL
			: module_has_offsets(module->kind)
				? WORKER_SYMBOLIZE_OFFSETS
				: WORKER_SYMBOLIZE_IMAGE,
		.use_stext = strcmp(symbol, "_stext") == 0,
		.n = part->n,
		.file_size = target->files.size,
		.files = module_files_mask(&target->files),
		.code_start = module->start,
		.code_limit = module->limit,
		.text_first = target->text.first,
	};
	uint64_t base = 0;

	buf_add(request, &header, sizeof(header));
	if (target->is_vmlinux)
		base = module_kernel_base(module);
	else if (module->kind == MODULE_KERNEL_MODULE)
		base = module->start;
	for (size_t i = part->first; i < part->first + part->n; i++)
		buf_add_u64(request, target->wanted[i].address - base);
}

/* Whether the file is the one that was captured; else the reason why not. */
static bool is_same_file(struct run *run, struct target *target)
{
	const struct module *module =
		&run->profile->modules.items[target->module];
	struct build_id found = image_index_build_id(&target->tables.index);
	char hex[2][BUILD_ID_HEX_MAX];
	char *note;

	if (module->build_id.size == 0 ||
	    build_id_equal(&found, &module->build_id))
		return true;
	target->reason =
		target->is_vmlinux
			? target_kernel_reason(target, REASON_KERNEL_DIFFERS)
			: REASON_BUILD_ID_MISMATCH;
	note = mem_printf("captured build id %s, the file has %s",
			  build_id_hex(&module->build_id, hex[0]),
			  found.size ? build_id_hex(&found, hex[1]) : "none");
	target_set_note(run->profile, target->module, note);
	free(note);
	return false;
}

/* Whether a kernel's file has the symbol that its addresses count from. */
static bool has_reference(struct run *run, struct target *target)
{
	if (!target->is_vmlinux || target_text_svma(run, target) != 0)
		return true;
	target->reason = target_kernel_reason(target, REASON_KERNEL_DIFFERS);
	target_set_note(
		run->profile, target->module,
		"the kernel's file lacks the capture's reference symbol");
	return false;
}

/* The worker's word on why it cannot read the file. */
static void take_error(struct target *target, const struct worker_blob *blob,
		       const unsigned char *bytes)
{
	struct err why;

	worker_error(blob, bytes, &why);
	target->reason = REASON_BAD_ELF;
	target_set_note(target->run->profile, target->module, why.text);
}

/* Takes in one blob of an answer; false if it is damaged. */
static bool take_blob(struct target *target, const struct worker_blob *blob,
		      const unsigned char *bytes)
{
	switch (blob->kind) {
	case WORKER_INDEX:
	case WORKER_SYMBOLS:
	case WORKER_UNIT:
	case WORKER_LACKS:
		return module_tables_take_blob(&target->tables, blob, bytes);
	case WORKER_SANDBOX:
		target->run->stats->sandbox &= (uint32_t)blob->number;
		return true;
	case WORKER_ERROR:
		take_error(target, blob, bytes);
		return true;
	}
	return true;
}

/* Takes in an answer; false if any of it is damaged. */
static bool take_answer(struct target *target, struct buf answer)
{
	const unsigned char *bytes;
	struct worker_blob blob;

	while (worker_next_blob(&answer, &blob, &bytes))
		if (!take_blob(target, &blob, bytes))
			return false;
	return true;
}

/* What a worker did not say all of: what it did say is good, but is not kept,
 * as the rest would never be asked for again. */
static void note_failure(struct run *run, struct target *target,
			 const char *why)
{
	run->stats->n_workers_failed++;
	target->reason =
		target->tables.index_bytes ? REASON_BAD_DWARF : REASON_BAD_ELF;
	target_set_note(run->profile, target->module, why);
}

/* Names a target when the last of its parts is done. */
static void finish_target(struct run *run, struct target *target)
{
	if (target->reason == REASON_BAD_ELF && target->is_whole)
		target_forget_tables(target);
	if (target->tables.index_bytes &&
	    (!is_same_file(run, target) || !has_reference(run, target)))
		target_forget_tables(target);
	if (target->tables.index_bytes && target->is_whole) {
		const struct image_index *index = &target->tables.index;
		struct build_id id = image_index_build_id(index);

		module_key_of_contents(target->tables.key, &id,
				       index->header->content_hash);
		module_tables_store(&target->tables);
		target_remember_file(target);
	}
	target_name_locations(run, target);
	target_end(target);
}

static void finish_part(struct worker_job *job,
			const struct worker_result *result)
{
	const struct part *part = job->context;
	struct target *target = part->target;
	struct run *run = target->run;
	bool is_sound = take_answer(target, result->answer);

	run->stats->worker_cpu_ns += result->cpu_ns;
	if (!result->is_complete || !is_sound) {
		target->is_whole = false;
		note_failure(run, target,
			     result->is_complete
				     ? "its reader gave damaged tables"
				     : result->err.text);
	} else if (!target->tables.index_bytes &&
		   target->reason != REASON_BAD_ELF) {
		note_failure(run, target, "its reader gave nothing");
	}
	buf_release(&job->request);
	if (--target->n_parts == 0)
		finish_target(run, target);
}

static int open_split_file(void *context, const struct split_name *name,
			   size_t attempt)
{
	const struct part *part = context;
	const struct run *run = part->target->run;

	return find_split_file(
		&run->places,
		profile_string(
			run->profile,
			run->profile->modules.items[part->target->module].path),
		name, attempt);
}

/*
 * In how many parts a target is read. The largest of programs and kernels take
 * a second or more; several workers then read different units of one.
 */
static size_t parts_of(const struct run *run, const struct target *target,
		       size_t n_targets)
{
	const uint64_t large = 32 << 20; /* bytes */
	const size_t many = 2000;	 /* addresses, for each worker */
	size_t n = run->options->n_workers;

	if (n_targets >= n || target->files.size < large ||
	    !target->files.has_dwarf)
		return 1;
	return target->n_wanted / many < n ? target->n_wanted / many + 1 : n;
}

static int compare_sizes(const void *a, const void *b)
{
	const struct target *x = a, *y = b;

	if (x->files.size != y->files.size)
		return x->files.size > y->files.size ? -1 : 1;
	return x->module < y->module ? -1 : x->module > y->module;
}

/* The largest first: one that began last would be waited for alone. */
void target_read_all(struct run *run, struct target *targets, size_t n)
{
	size_t n_jobs = 0, most = n * run->options->n_workers;
	struct worker_job *jobs = mem_zalloc(most, sizeof(*jobs));
	struct part *parts = mem_zalloc(most, sizeof(*parts));

	qsort(targets, n, sizeof(*targets), compare_sizes);

	for (size_t i = 0; i < n; i++) {
		struct target *target = &targets[i];
		size_t n_parts = parts_of(run, target, n), first = 0;

		target_forget_tables(target);
		target->n_parts = n_parts;
		target->is_whole = true;
		for (size_t k = 1; k <= n_parts; k++) {
			size_t limit = target->n_wanted * k / n_parts;
			struct worker_job *job = &jobs[n_jobs];

			parts[n_jobs] =
				(struct part){ target, first, limit - first };
			first = limit;
			memcpy(job->fds, target->files.fds, sizeof(job->fds));
			job->context = &parts[n_jobs];
			job->open_asked = open_split_file;
			fill_request(run, &parts[n_jobs++], &job->request);
		}
	}
	run->stats->n_workers_started += n_jobs;
	worker_pool_run(jobs, n_jobs, run->options->n_workers, finish_part);
	free(jobs);
	free(parts);
}
