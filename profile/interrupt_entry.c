/*
 * Nothing in a callchain says that an address was interrupted; the symbol of
 * the frame before does. C handlers are called from entry code in assembler,
 * which keeps the interrupted registers, and unwinders go on at the program
 * counter among those:
 *
 *	x86    arch/x86/entry/entry_64.S, entry_32.S, entry_64_fred.S,
 *	       include/asm/idtentry.h (asm_*, since 5.8); before, idtentry and
 *	       apicinterrupt in entry_64.S have the handlers' plain names
 *	arm64  arch/arm64/kernel/entry.S: kernel_entry writes a frame record
 *	       with the interrupted address
 *	arm    arch/arm/kernel/entry-armv.S: *_svc
 *	riscv  arch/riscv/kernel/entry.S; walk_stackframe() of stacktrace.c
 *	s390x  arch/s390/kernel/entry.S; unwind_next_frame() of unwind_bc.c
 *	ppc    arch/powerpc/kernel/exceptions-64s.S. Its kernel writes a context
 *	       marker there (perf_callchain_kernel() of perf/callchain.c), so
 *	       this is for texts, which have none
 *
 * Entries of system calls are not among them: behind those is user mode.
 */
#include "config.h"
#include "profile/interrupt_entry.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { X86 = 1, ARM64 = 4, ARM = 2, RISCV = 2, S390 = 2, PPC = 4 };

/* By name. */
static const struct interrupt_entry entries[] = {
	{ "__dabt_svc", ARM, 0 },
	{ "__fiq_svc", ARM, 0 },
	{ "__irq_svc", ARM, 0 },
	{ "__pabt_svc", ARM, 0 },
	{ "__sdei_asm_handler", ARM64, 0 },
	{ "__und_svc", ARM, 0 },
	{ "__und_svc_fault", ARM, 0 },
	{ "__und_svc_finish", ARM, 0 },
	{ "alignment_check", X86, 0 },
	{ "apic_timer_interrupt", X86, 0 },
	{ "asm_common_interrupt", X86, 0 },
	{ "asm_fred_entrypoint_kernel", X86, 0 },
	{ "asm_fred_exit_kernel", X86, 0 },
	{ "asm_spurious_interrupt", X86, 0 },
	{ "async_page_fault", X86, 0 },
	{ "call_function_interrupt", X86, 0 },
	{ "call_function_single_interrupt", X86, 0 },
	{ "common_exception", X86, 0 },
	/* Since 5.8 a C function of this name is called. */
	{ "common_interrupt", X86, 1 },
	{ "common_interrupt_return", X86, 1 },
	{ "common_spurious", X86, 0 },
	{ "coprocessor_error", X86, 0 },
	{ "deferred_error_interrupt", X86, 0 },
	{ "device_not_available", X86, 0 },
	{ "divide_error", X86, 0 },
	{ "double_fault", X86, 0 },
	{ "el1_da", ARM64, 0 },
	{ "el1_error", ARM64, 0 },
	{ "el1_fiq", ARM64, 0 },
	{ "el1_ia", ARM64, 0 },
	{ "el1_irq", ARM64, 0 },
	{ "el1_sp_pc", ARM64, 0 },
	{ "el1_sync", ARM64, 0 },
	{ "el1h_64_error", ARM64, 0 },
	{ "el1h_64_fiq", ARM64, 0 },
	{ "el1h_64_irq", ARM64, 0 },
	{ "el1h_64_sync", ARM64, 0 },
	{ "el1t_64_error", ARM64, 0 },
	{ "el1t_64_fiq", ARM64, 0 },
	{ "el1t_64_irq", ARM64, 0 },
	{ "el1t_64_sync", ARM64, 0 },
	{ "end_repeat_nmi", X86, 0 },
	{ "error_entry", X86, 1 },
	{ "error_exit", X86, 0 },
	{ "error_interrupt", X86, 0 },
	{ "error_return", X86, 0 },
	{ "ext_int_handler", S390, 0 },
	{ "first_nmi", X86, 0 },
	{ "general_protection", X86, 0 },
	/* Of 32-bit x86, too. */
	{ "handle_exception", X86, 0 },
	{ "hv_stimer0_callback_vector", X86, 0 },
	{ "hyperv_callback_vector", X86, 0 },
	{ "hyperv_reenlightenment_vector", X86, 0 },
	{ "int3", X86, 0 },
	{ "interrupt_entry", X86, 1 },
	{ "invalid_TSS", X86, 0 },
	{ "invalid_op", X86, 0 },
	{ "io_int_handler", S390, 0 },
	{ "irq_entries_start", X86, 0 },
	{ "irq_move_cleanup_interrupt", X86, 0 },
	{ "irq_work_interrupt", X86, 0 },
	{ "kvm_posted_intr_ipi", X86, 0 },
	{ "kvm_posted_intr_nested_ipi", X86, 0 },
	{ "kvm_posted_intr_wakeup_ipi", X86, 0 },
	{ "machine_check", X86, 0 },
	{ "mcck_int_handler", S390, 0 },
	{ "native_irq_return_iret", X86, 0 },
	{ "nmi", X86, 0 },
	{ "nmi_restore", X86, 0 },
	{ "page_fault", X86, 0 },
	{ "paranoid_entry", X86, 1 },
	{ "paranoid_exit", X86, 1 },
	{ "pgm_check_handler", S390, 0 },
	{ "reboot_interrupt", X86, 0 },
	{ "repeat_nmi", X86, 0 },
	{ "reschedule_interrupt", X86, 0 },
	{ "restore_regs_and_return_to_kernel", X86, 0 },
	{ "ret_from_exception", RISCV, 0 },
	{ "ret_from_intr", X86, 0 },
	{ "retint_kernel", X86, 0 },
	{ "segment_not_present", X86, 0 },
	{ "simd_coprocessor_error", X86, 0 },
	{ "spurious_entries_start", X86, 0 },
	{ "spurious_interrupt", X86, 0 },
	{ "stack_segment", X86, 0 },
	{ "thermal_interrupt", X86, 0 },
	{ "threshold_interrupt", X86, 0 },
	{ "uv_bau_message_intr1", X86, 0 },
	{ "x86_platform_ipi", X86, 0 },
	{ "xen_do_hypervisor_callback", X86, 0 },
	{ "xen_error_entry", X86, 1 },
	{ "xen_hvm_callback_vector", X86, 0 },
	{ "xen_hypervisor_callback", X86, 0 },
};

/* Made by macros, one for each vector. */
static const struct interrupt_entry prefixes[] = {
	{ "asm_exc_", X86, 0 },		  { "asm_sysvec_", X86, 0 },
	{ "asm_xenpv_exc_", X86, 0 },	  { "xen_asm_exc_", X86, 0 },
	{ "xen_asm_xenpv_exc_", X86, 0 },
};

static const struct interrupt_entry suffixes[] = {
	{ "_common_real", PPC, 0 },
	{ "_common_virt", PPC, 0 },
};

static int compare_names(const void *a, const void *b)
{
	const struct interrupt_entry *entry = b;

	return strcmp(a, entry->name);
}

const struct interrupt_entry *interrupt_entry_find(const char *symbol)
{
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (text_starts_with(symbol, prefixes[i].name))
			return &prefixes[i];
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++)
		if (text_ends_with(symbol, suffixes[i].name))
			return &suffixes[i];
	return bsearch(symbol, entries, sizeof(entries) / sizeof(*entries),
		       sizeof(*entries), compare_names);
}
