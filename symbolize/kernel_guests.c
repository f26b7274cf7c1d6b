/*
 * A guest's symbols are believed as a file of the host's kernel is: if its
 * reference symbol lies where the capture says. Of several guests in a capture
 * those are named that the file fits; their modules are believed with them, if
 * each lies exactly where its guest has it.
 */
#include "config.h"
#include "symbolize/kernel_guests.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "symbolize/kernel.h"
#include "symbolize/kernel_modules.h"
#include "symbolize/kernel_symbols.h"

/* More guests than that with one kernel at one address are not believed. */
enum { MAX_BELIEVED = 64 };

static bool is_guest(enum module_kind kind)
{
	return kind == MODULE_GUEST_KERNEL || kind == MODULE_GUEST_MODULE;
}

static bool has_pending(const struct profile *profile)
{
	for (size_t i = 0; i < profile->locations.n; i++) {
		const struct location *location = &profile->locations.items[i];

		if (location->reason == REASON_PENDING &&
		    location->module != NO_MODULE &&
		    is_guest(profile->modules.items[location->module].kind))
			return true;
	}
	return false;
}

static void set_note(struct profile *profile, struct module *module, char *note)
{
	if (!module->note)
		module->note = profile_add_string(profile, note);
	free(note);
}

/* Why usable symbols are not those of a guest, in words, free() it; NULL: they
 * are. */
static char *difference(const struct kernel_symbols *symbols,
			const struct profile *profile,
			const struct module *kernel, const char *path)
{
	uint64_t found = kernel_symbols_reference(symbols, profile, kernel);
	const char *name = profile_string(profile, kernel->ref_symbol);

	if (!found)
		return mem_printf("%s cannot be checked: it has no symbol %s",
				  path, name);
	if (found != kernel->ref_avma)
		return mem_printf("%s is of another boot or guest: it has %s "
				  "at 0x%" PRIx64 ", the capture at 0x%" PRIx64,
				  path, name, found, kernel->ref_avma);
	return NULL;
}

/* Whether the symbols are those of a guest; else a note says why not. */
static bool is_believed(const struct kernel_symbols *symbols,
			struct profile *profile, struct module *kernel,
			const char *path)
{
	char *why;

	if (!path)
		why = mem_strdup("a guest's symbols are nowhere but in the "
				 "guest");
	else if (!symbols->is_usable)
		why = mem_strdup(symbols->note);
	else
		why = difference(symbols, profile, kernel, path);
	if (!why)
		return true;
	set_note(profile, kernel, why);
	return false;
}

/* How long the part of a module's path is that names its guest. */
static size_t guest_length(const struct profile *profile,
			   const struct module *module)
{
	return strcspn(profile_string(profile, module->path), "]");
}

/* Whether a guest's kernel is the one that is believed for a module. */
static bool is_of(const struct profile *profile, const struct module *kernel,
		  const struct module *module)
{
	size_t length = guest_length(profile, kernel);

	return kernel->kind == MODULE_GUEST_KERNEL &&
	       length == guest_length(profile, module) &&
	       strncmp(profile_string(profile, kernel->path),
		       profile_string(profile, module->path), length) == 0;
}

/* The guests that the symbols fit: modules, one as a rule. */
struct believed {
	VEC(uint32_t) kernels;
};

static struct kernel_lookup lookup_of(const struct kernel_symbols *symbols,
				      const struct profile *profile,
				      const struct believed *believed,
				      const struct module *module)
{
	for (size_t i = 0; i < believed->kernels.n; i++) {
		const struct module *kernel =
			&profile->modules.items[believed->kernels.items[i]];

		if (kernel == module)
			return (struct kernel_lookup){ REASON_PENDING, 0, "" };
		if (module->kind == MODULE_GUEST_MODULE &&
		    is_of(profile, kernel, module))
			return kernel_module_lookup(symbols, profile, module);
	}
	return (struct kernel_lookup){ REASON_GUEST_KERNEL, 0, "" };
}

static void name_locations(struct kernel_symbols *symbols,
			   struct profile *profile,
			   const struct believed *believed)
{
	struct kernel_lookup *lookups =
		mem_zalloc(profile->modules.n, sizeof(*lookups));

	for (size_t i = 0; i < profile->modules.n; i++)
		if (is_guest(profile->modules.items[i].kind))
			lookups[i] = lookup_of(symbols, profile, believed,
					       &profile->modules.items[i]);
	for (uint32_t i = 0; i < profile->locations.n; i++) {
		struct location *location = &profile->locations.items[i];
		const struct kernel_lookup *lookup;

		if (location->reason != REASON_PENDING ||
		    location->module == NO_MODULE ||
		    !is_guest(profile->modules.items[location->module].kind))
			continue;
		lookup = &lookups[location->module];
		if (lookup->reason != REASON_PENDING)
			location->reason = lookup->reason;
		else if (!kernel_name_by_symbol(symbols, profile, i,
						location->address,
						lookup->name))
			location->reason = REASON_NOT_COVERED;
	}
	free(lookups);
}

bool kernel_guests_run(struct profile *profile, struct cache *cache,
		       const struct symbolizer_options *options,
		       struct err *err)
{
	struct kernel_symbols symbols = { .cache = cache };
	struct believed believed = { 0 };
	const char *path = options->guest_kallsyms;

	if (!has_pending(profile))
		return true;
	if (path && !kernel_symbols_open_file(&symbols, path, err))
		return false;
	for (uint32_t i = 0; i < profile->modules.n; i++) {
		struct module *module = &profile->modules.items[i];

		if (module->kind == MODULE_GUEST_KERNEL &&
		    believed.kernels.n < MAX_BELIEVED &&
		    is_believed(&symbols, profile, module, path))
			*vec_add(&believed.kernels) = i;
	}
	name_locations(&symbols, profile, &believed);
	vec_release(&believed.kernels);
	kernel_symbols_release(&symbols);
	return true;
}
