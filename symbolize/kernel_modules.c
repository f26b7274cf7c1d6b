/*
 * A loadable module's symbols are used if all of them lie where the capture had
 * the module: then it is the same boot and load.
 */
#include "config.h"
#include "symbolize/kernel_modules.h"

#include <string.h>

/* "[ext4]" or "/lib/modules/…/ext4.ko.xz" → "ext4"; kallsyms has _ for -. */
static void kernel_module_name(const char *path,
			       char name[KERNEL_MODULE_NAME_MAX])
{
	const char *base = strrchr(path, '/'), *end;
	size_t length;

	base = base ? base + 1 : path;
	if (*base == '[')
		base++;
	end = strstr(base, ".ko");
	length = end ? (size_t)(end - base) : strcspn(base, "]");
	if (length >= KERNEL_MODULE_NAME_MAX)
		length = KERNEL_MODULE_NAME_MAX - 1;
	memcpy(name, base, length);
	name[length] = '\0';
	for (char *p = name; *p; p++)
		if (*p == '-')
			*p = '_';
}

static const struct kallsyms_module *find_kernel_module(
	const struct kernel_symbols *symbols, const char *name)
{
	for (uint32_t i = 1; i < symbols->index.header->n_modules; i++)
		if (strcmp(symbols->index.modules[i].name, name) == 0)
			return &symbols->index.modules[i];
	return NULL;
}

struct kernel_lookup kernel_module_lookup(const struct kernel_symbols *symbols,
					  const struct profile *profile,
					  const struct module *module)
{
	struct kernel_lookup lookup = { .reason = REASON_PENDING };
	const struct kallsyms_module *found;

	kernel_module_name(profile_string(profile, module->path), lookup.name);
	found = find_kernel_module(symbols, lookup.name);
	if (!found)
		lookup.reason = REASON_NO_SYMBOLS;
	else if (found->start < module->start || found->last >= module->limit)
		lookup.reason = REASON_KERNEL_DIFFERS;
	return lookup;
}
