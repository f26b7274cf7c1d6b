/*
 * By their names, and as libraries are stripped of those by their unwind
 * information, which says that they are frames of signals. That begins a no-op
 * before the code, as unwinders look return addresses up one byte back.
 */
#include "config.h"
#include "symbolize/trampolines.h"

#include <string.h>

#include "symbolize/image_unwind.h"

/* glibc and musl, the vdso of kernels, Go. */
static const char *const names[] = {
	"__restore_rt",
	"__restore",
	"__kernel_rt_sigreturn",
	"__kernel_sigreturn",
	"__vdso_rt_sigreturn",
	"__default_rt_sa_restorer",
	"__default_sa_restorer",
	"runtime.sigreturn",
	"runtime.sigreturn__sigaction",
	"runtime.sigreturn__sigaction.abi0",
};

static bool is_trampoline(const char *symbol)
{
	if (symbol[0] != '_' && symbol[0] != 'r')
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(symbol, names[i]) == 0)
			return true;
	return false;
}

static void add(uint64_t starts[MAX_TRAMPOLINES], uint64_t start)
{
	for (int i = 0; i < MAX_TRAMPOLINES && start != 0; i++) {
		if (starts[i] == start)
			return;
		if (starts[i] == 0) {
			starts[i] = start;
			return;
		}
	}
}

/* Where the code of a signal frame begins; 0: not as compilers' do. */
static uint64_t start_of_code(const struct image *image, uint64_t start)
{
	const uint64_t alignment = 16;

	switch (image->header.e_machine) {
	case EM_X86_64:
	case EM_386:
		return start % alignment == alignment - 1 ? start + 1 : 0;
	case EM_AARCH64:
		return start + 4;
	}
	return 0;
}

void trampolines_find(const struct module_images *images,
		      const struct elf_symbols *symbols,
		      uint64_t starts[MAX_TRAMPOLINES])
{
	struct intervals frames = { 0 };

	for (size_t i = 0; i < symbols->ranges.n; i++) {
		const struct interval *range = &symbols->ranges.items[i];

		if (is_trampoline(symbols->items.items[range->value].name))
			add(starts, range->start);
	}
	image_unwind_signal_frames(images, &frames);
	for (size_t i = 0; i < frames.n; i++)
		add(starts, start_of_code(images->own, frames.items[i].start));
	vec_release(&frames);
}
