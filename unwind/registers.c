/*
 * perf's numbers: arch/ARCH/include/uapi/asm/perf_regs.h of Linux. DWARF's: the
 * psABI of each architecture ("DWARF Register Number Mapping").
 */
#include "config.h"
#include "unwind/registers.h"

#include <elf.h>
#include <string.h>

/* Newer than some systems' header. */
#ifndef EM_LOONGARCH
#define EM_LOONGARCH 258
#endif

/* AX BX CX DX SI DI BP SP IP FLAGS CS SS DS ES FS GS R8…R15 */
static const int8_t of_x86_64[] = { 0,	3,  2,	1,  4,	5,  6,	7,
				    16, -1, -1, -1, -1, -1, -1, -1,
				    8,	9,  10, 11, 12, 13, 14, 15 };
static const int8_t of_i386[] = { 0, 3, 1, 2, 6, 7, 5, 4, 8 };

/* X0…X29 LR SP PC. DWARF has no number for the last. */
static const int8_t of_aarch64[] = {
	0,  1,	2,  3,	4,  5,	6,  7,	8,  9,	10, 11, 12, 13, 14, 15, 16,
	17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32,
};

/* R0…R10 FP IP SP LR PC */
static const int8_t of_arm[] = { 0, 1, 2,  3,  4,  5,  6,  7,
				 8, 9, 10, 11, 12, 13, 14, 15 };

static const struct unwind_arch x86_64 = {
	.machine = EM_X86_64,
	.word_size = 8,
	.sp = 7,
	.fp = 6,
	.pc = 16,
	.lr = -1,
	.address_mask = UINT64_MAX,
	.n_perf = sizeof(of_x86_64),
	.of_perf = of_x86_64,
};

static const struct unwind_arch i386 = {
	.machine = EM_386,
	.word_size = 4,
	.sp = 4,
	.fp = 5,
	.pc = 8,
	.lr = -1,
	.address_mask = UINT32_MAX,
	.n_perf = sizeof(of_i386),
	.of_perf = of_i386,
};

/* Return addresses may be signed, in the bits above the address space
 * (Documentation/arch/arm64/pointer-authentication.rst). */
static const struct unwind_arch aarch64 = {
	.machine = EM_AARCH64,
	.word_size = 8,
	.sp = 31,
	.fp = 29,
	.pc = 32,
	.lr = 30,
	.address_mask = UINT64_C(0x0000ffffffffffff),
	.n_perf = sizeof(of_aarch64),
	.of_perf = of_aarch64,
};

/* Frame records differ between compilers and instruction sets. The lowest bit
 * of a return address tells which of those the caller is in. */
static const struct unwind_arch arm = {
	.machine = EM_ARM,
	.word_size = 4,
	.sp = 13,
	.fp = -1,
	.pc = 15,
	.lr = 14,
	.address_mask = UINT32_MAX - 1,
	.n_perf = sizeof(of_arm),
	.of_perf = of_arm,
};

const struct unwind_arch *unwind_arch_of(const char *machine, uint64_t abi)
{
	size_t length = strlen(machine);

	if (abi != 1 && abi != 2)
		return NULL;
	if (strcmp(machine, "x86_64") == 0)
		return abi == 1 ? &i386 : &x86_64;
	if (strcmp(machine, "aarch64") == 0)
		return abi == 1 ? &arm : &aarch64;
	if (abi == 1 && strncmp(machine, "arm", 3) == 0)
		return &arm;
	if (abi == 1 && length == 4 && machine[0] == 'i' &&
	    strcmp(machine + 2, "86") == 0)
		return &i386;
	return NULL;
}

/* ---- captures that do not name their machine ---- */

/* DS ES FS GS, which no x86-64 kernel records, with all others. */
static const uint64_t segments_of_x86_64 = 0xf000;
static const uint64_t all_of_x86_64 = 0xff0fff;

/* X0 to PC. The vector granule may come on top of them (PERF_REG_ARM64_VG). */
static const uint64_t all_of_aarch64 = (UINT64_C(1) << 33) - 1;
static const uint64_t more_of_aarch64 = UINT64_C(1) << 46;

/* i386 and 32-bit ARM have 16 registers both, RISC-V and LoongArch 32. */
const char *unwind_machine_of_registers(uint64_t mask)
{
	if ((mask & 0xffffff) == all_of_x86_64)
		return "x86_64";
	if ((mask & ~more_of_aarch64) == all_of_aarch64)
		return "aarch64";
	return NULL;
}

bool unwind_machine_has(const char *machine, uint64_t mask)
{
	if (strcmp(machine, "x86_64") == 0)
		return !(mask & segments_of_x86_64);
	if (strcmp(machine, "aarch64") == 0)
		return !(mask & ~(all_of_aarch64 | more_of_aarch64));
	return true;
}

const char *unwind_machine_of_elf(uint32_t machine)
{
	switch (machine) {
	case EM_X86_64:
	case EM_386:
		return "x86_64";
	case EM_AARCH64:
	case EM_ARM:
		return "aarch64";
	case EM_LOONGARCH:
		return "loongarch64";
	case EM_MIPS:
		return "mips";
	case EM_PPC64:
		return "ppc64le";
	case EM_RISCV:
		return "riscv64";
	case EM_S390:
		return "s390x";
	}
	return NULL;
}
