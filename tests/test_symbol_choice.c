/* symbol_choice: which of several symbols at one address names it. */
#include "config.h"

#include "symbolize/symbol_choice.h"
#include "tests/tap.h"

enum { MAX_ALIASES = 6 };

/* Of kernels for x86-64, arm64 and s390; a name in brackets is weak. */
static const struct {
	const char *names[MAX_ALIASES];
	const char *best;
} groups[] = {
	{ { "__do_sys_fork", "__ia32_sys_fork", "__x64_sys_fork" },
	  "__x64_sys_fork" },
	{ { "__se_sys_read", "__x64_sys_read" }, "__x64_sys_read" },
	{ { "__do_sys_fork", "__arm64_sys_fork" }, "__arm64_sys_fork" },
	{ { "__s390_sys_fork", "__s390x_sys_fork", "__do_sys_fork" },
	  "__s390x_sys_fork" },
	{ { "sys_read", "SyS_read", "__se_sys_read" }, "sys_read" },
	{ { "compat_SyS_ioctl", "compat_sys_ioctl" }, "compat_sys_ioctl" },
	{ { "__do_compat_sys_sigreturn", "__ia32_compat_sys_sigreturn" },
	  "__ia32_compat_sys_sigreturn" },
	{ { "__pfx___do_sys_fork", "__pfx___ia32_sys_fork",
	    "__pfx___x64_sys_fork" },
	  "__pfx___x64_sys_fork" },
	{ { "memset", "__memset", "__pi_memset" }, "memset" },
	{ { "__memset", "__pi_memset", "(memset)" }, "memset" },
	{ { "__memcpy", "__memmove", "__pi_memcpy", "__pi_memmove", "(memcpy)",
	    "(memmove)" },
	  "memmove" },
	{ { "__pi_strlen", "(strlen)" }, "strlen" },
	{ { "__pi___x86_indirect_thunk_rax", "__x86_indirect_thunk_array",
	    "__x86_indirect_thunk_rax" },
	  "__x86_indirect_thunk_rax" },
	{ { "__kvm_nvhe___memset", "__kvm_nvhe___pi_memset",
	    "__kvm_nvhe_memset" },
	  "__kvm_nvhe_memset" },
	{ { "__hyp_stub_vectors", "__kvm_nvhe___hyp_stub_vectors" },
	  "__hyp_stub_vectors" },
	{ { "do_compat_epoll_pwait.part.0", "do_epoll_pwait.part.0" },
	  "do_epoll_pwait.part.0" },
	{ { "clkdev_hw_create", "__clk_register_clkdev" }, "clkdev_hw_create" },
	{ { "__alloc_bootmem_huge_page", "(alloc_bootmem_huge_page)" },
	  "alloc_bootmem_huge_page" },
	{ { "cpu_show_not_affected", "(cpu_show_mds)",
	    "(cpu_show_meltdown_x)" },
	  "cpu_show_not_affected" },
	{ { "common_interrupt_return",
	    "swapgs_restore_regs_and_return_to_usermode",
	    "__irqentry_text_end" },
	  "swapgs_restore_regs_and_return_to_usermode" },
	{ { "_stext", "_text", "startup_64" }, "startup_64" },
	{ { "_text", "_stext" }, "_text" },
	{ { "_text", "__pi__text" }, "_text" },
	{ { "__pfx_default_idle", "__cpuidle_text_start" },
	  "__pfx_default_idle" },
	{ { "__SCT__tp_func_initcall_level", "__static_call_text_start" },
	  "__SCT__tp_func_initcall_level" },
	{ { "ext4_exit_fs", "cleanup_module" }, "ext4_exit_fs" },
	{ { "el1_fiq", "el1_irq" }, "el1_irq" },
};

struct alias {
	char text[64];
	struct symbol_candidate candidate;
};

static void make(struct alias *alias, const char *name)
{
	size_t length = strlen(name);

	*alias = (struct alias){ .candidate.is_weak = *name == '(' };
	if (*name == '(')
		memcpy(alias->text, name + 1, length - 2);
	else
		memcpy(alias->text, name, length);
	alias->candidate.name = alias->text;
}

/* The best of a group that is looked through from one of it on. */
static const char *best_from(struct alias *aliases, size_t n, size_t first)
{
	const struct symbol_candidate *best = &aliases[first].candidate;

	for (size_t i = 1; i < n; i++) {
		const struct symbol_candidate *next =
			&aliases[(first + i) % n].candidate;

		if (symbol_is_better_in_kernel(next, best))
			best = next;
	}
	return best->name;
}

static void test_kernel(void)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
		struct alias aliases[MAX_ALIASES];
		size_t n = 0;

		while (n < MAX_ALIASES && groups[i].names[n]) {
			make(&aliases[n], groups[i].names[n]);
			n++;
		}
		for (size_t first = 0; first < n; first++)
			ok_string(best_from(aliases, n, first), groups[i].best,
				  "%s is the best of %zu, from number %zu on",
				  groups[i].best, n, first);
	}
}

static void test_others(void)
{
	const struct symbol_candidate weak = { "puts", 8, true, false };
	const struct symbol_candidate strong = { "_IO_puts", 8, false, true };
	const struct symbol_candidate plain = { "IO_puts", 8, false, true };
	const struct symbol_candidate label = { "IO_puts_label", 0, false,
						true };

	ok(symbol_is_better(&strong, &weak),
	   "of other files' symbols a strong one is better than a weak one");
	ok(symbol_is_better(&plain, &strong),
	   "of those that are strong one with fewer underscores");
	ok(!symbol_is_better(&label, &plain), "one with a size counts more");
}

int main(void)
{
	test_kernel();
	test_others();
	return tap_done();
}
