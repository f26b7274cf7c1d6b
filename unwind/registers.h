/*
 * The registers of each architecture: how perf records them, which DWARF
 * numbers they have, which of them frames are made with.
 */
#ifndef UNWIND_REGISTERS_H
#define UNWIND_REGISTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "unwind/unwind_table.h"

struct unwind_arch {
	uint16_t machine; /* EM_* of elf.h */
	uint8_t word_size;
	/* DWARF numbers. pc is the column of the return address where it is
	 * no register; lr is -1 where calls put it on the stack. */
	int8_t sp;
	int8_t fp; /* of a frame record: caller's fp, return address; -1 */
	int8_t pc;
	int8_t lr;
	/* What pointers are made of: others are signatures. */
	uint64_t address_mask;
	uint8_t n_perf;	       /* registers that perf knows */
	const int8_t *of_perf; /* perf's number → DWARF's, or -1 */
};

/*
 * The architecture of a process: of the machine as uname(2) names it, and of
 * the ABI of a sample (1: 32 bits, 2: 64). NULL if it is not supported.
 */
const struct unwind_arch *unwind_arch_of(const char *machine, uint64_t abi);

/*
 * The machine, as uname(2) names it, whose registers perf records with this
 * mask (attr.sample_regs_user) where nobody asks for others; NULL where that
 * does not tell.
 */
const char *unwind_machine_of_registers(uint64_t mask);

/* Whether a machine can have recorded registers with this mask. */
bool unwind_machine_has(const char *machine, uint64_t mask);

/* The machine that files of this EM_* are for, also if they are for its 32-bit
 * processes and also if its stacks are not unwound; NULL: not known. */
const char *unwind_machine_of_elf(uint32_t machine);

/* Values by DWARF number. */
struct unwind_registers {
	uint64_t values[UNWIND_MAX_REGISTERS];
	uint64_t known; /* bits */
};

static inline bool register_is_known(const struct unwind_registers *registers,
				     unsigned number)
{
	return registers->known >> number & 1;
}

static inline void register_set(struct unwind_registers *registers,
				unsigned number, uint64_t value)
{
	registers->values[number] = value;
	registers->known |= UINT64_C(1) << number;
}

#endif
