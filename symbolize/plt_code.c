/*
 * Stubs as the linkers lay them out ("Procedure Linkage Table" in the psABI of
 * each machine, the PLT layouts of bfd/ and of lld/ELF/Arch/):
 *
 *	x86-64   [endbr64] [bnd] jmp *slot(%rip)
 *	         mov slot(%rip), %r11; call or jmp to what jumps safely
 *	i386     [endbr32] jmp *slot, or jmp *offset(%ebx) from .got.plt
 *	AArch64  [bti c] adrp x16, page; ldr x17, [x16, #offset]
 *	ARM      [bx pc; nop in Thumb] add ip, pc, #a; add ip, ip, #b;
 *	         ldr pc, [ip, #c]!
 *	RISC-V   auipc t3, pages; ld t3, offset(t3)
 *	s390x    larl %r1, slot; lg %r1, 0(%r1)
 *	PowerPC  [std r2, 24(r1)] [addis r12, r2, high] ld r12, low(r12 or r2);
 *	         mtctr r12; bctr
 */
#include "config.h"
#include "symbolize/plt_code.h"

#include <elf.h>
#include <string.h>

#include "base/reader.h"

static uint32_t little_32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

/* An instruction of four bytes; 0 behind the end, which is none. */
static uint32_t instruction(const struct plt_machine *machine,
			    const unsigned char *code, size_t size, size_t at)
{
	struct reader r = reader_over(code, size, machine->is_swapped);

	reader_bytes(&r, at);
	return reader_u32(&r);
}

static uint64_t sign_extend(uint64_t value, unsigned bits)
{
	uint64_t sign = UINT64_C(1) << (bits - 1);

	return (value ^ sign) - sign;
}

/* ---- x86 ---- */

/* Skips endbr64 or endbr32, and the prefix of MPX. */
static size_t skip_prefixes(const unsigned char *code, size_t size)
{
	size_t at = 0;

	if (size >= 4 && code[0] == 0xf3 && code[1] == 0x0f &&
	    code[2] == 0x1e && (code[3] == 0xfa || code[3] == 0xfb))
		at = 4;
	if (at < size && code[at] == 0xf2)
		at++;
	return at;
}

/* What lld writes with -z retpolineplt: with lazy binding it calls, and is
 * twice as long. */
static bool read_retpoline(const unsigned char *code, size_t size,
			   uint64_t svma, struct plt_code *stub)
{
	if (size < 16 || code[0] != 0x4c || code[1] != 0x8b ||
	    code[2] != 0x1d || (code[7] != 0xe8 && code[7] != 0xe9))
		return false;
	stub->slot = svma + 7 + sign_extend(little_32(code + 3), 32);
	stub->size = code[7] == 0xe8 ? 32 : 16;
	return stub->size <= size;
}

static bool read_x86(const struct plt_machine *machine,
		     const unsigned char *code, size_t size, uint64_t svma,
		     struct plt_code *stub)
{
	size_t at = skip_prefixes(code, size);

	if (machine->is_64 && read_retpoline(code, size, svma, stub))
		return true;
	stub->size = plt_code_step(machine);
	if (size < stub->size || stub->size - at < 6 || code[at] != 0xff)
		return false;
	if (code[at + 1] == 0x25 && machine->machine == EM_X86_64)
		stub->slot = svma + at + 6 +
			     sign_extend(little_32(code + at + 2), 32);
	else if (code[at + 1] == 0x25)
		stub->slot = little_32(code + at + 2);
	else if (code[at + 1] == 0xa3 && machine->machine == EM_386)
		stub->slot =
			(uint32_t)(machine->got_plt + little_32(code + at + 2));
	else
		return false;
	return true;
}

/* ---- others ---- */

static bool read_aarch64(const struct plt_machine *machine,
			 const unsigned char *code, size_t size, uint64_t svma,
			 struct plt_code *stub)
{
	const uint32_t bti_c = 0xd503245f;
	size_t at = instruction(machine, code, size, 0) == bti_c ? 4 : 0;
	uint32_t adrp = instruction(machine, code, size, at);
	uint32_t ldr = instruction(machine, code, size, at + 4);
	uint64_t pages;

	if (size < 16 || (adrp & 0x9f00001f) != 0x90000010 ||
	    (ldr & 0xffc003ff) != 0xf9400211)
		return false;
	pages = sign_extend((adrp >> 5 & 0x7ffff) << 2 | (adrp >> 29 & 3), 21);
	stub->slot = ((svma + at) & ~UINT64_C(4095)) + (pages << 12) +
		     (ldr >> 10 & 0xfff) * 8;
	stub->size = 16;
	return true;
}

/* The number in an ARM instruction: eight bits, turned right. */
static uint32_t arm_number(uint32_t instruction)
{
	uint32_t bits = instruction & 0xff;
	unsigned turn = (instruction >> 8 & 15) * 2;

	return turn ? bits >> turn | bits << (32 - turn) : bits;
}

/* With a long offset there is one more add. */
static bool read_arm(const struct plt_machine *machine,
		     const unsigned char *code, size_t size, uint64_t svma,
		     struct plt_code *stub)
{
	const uint32_t thumb = 0x46c04778; /* bx pc; nop */
	size_t at = instruction(machine, code, size, 0) == thumb ? 4 : 0;
	uint32_t word = instruction(machine, code, size, at);
	uint64_t slot = svma + at + 8;

	if ((word & 0xfffff000) != 0xe28fc000)
		return false;
	slot += arm_number(word);
	for (int i = 0; i < 2; i++) {
		at += 4;
		word = instruction(machine, code, size, at);
		if ((word & 0xfffff000) != 0xe28cc000)
			break;
		slot += arm_number(word);
	}
	if ((word & 0xfffff000) == 0xe28cc000) {
		at += 4;
		word = instruction(machine, code, size, at);
	}
	if ((word & 0xfffff000) != 0xe5bcf000)
		return false;
	stub->slot = (uint32_t)(slot + (word & 0xfff));
	stub->size = at + 4;
	return true;
}

static bool read_riscv(const struct plt_machine *machine,
		       const unsigned char *code, size_t size, uint64_t svma,
		       struct plt_code *stub)
{
	uint32_t auipc = instruction(machine, code, size, 0);
	uint32_t load = instruction(machine, code, size, 4);
	uint32_t width = machine->is_64 ? 3 : 2;

	if (size < 16 || (auipc & 0xfff) != 0xe17 ||
	    (load & 0xfffff) != (0xe0e03 | width << 12))
		return false;
	stub->slot = svma + sign_extend(auipc & 0xfffff000, 32) +
		     sign_extend(load >> 20, 12);
	if (!machine->is_64)
		stub->slot = (uint32_t)stub->slot;
	stub->size = 16;
	return true;
}

static bool read_s390(const struct plt_machine *machine,
		      const unsigned char *code, size_t size, uint64_t svma,
		      struct plt_code *stub)
{
	static const unsigned char lg[] = {
		0xe3, 0x10, 0x10, 0x00, 0x00, 0x04
	};

	if (size < 32 || code[0] != 0xc0 || code[1] != 0x10 ||
	    memcmp(code + 6, lg, sizeof(lg)) != 0)
		return false;
	stub->slot =
		svma + 2 * sign_extend(instruction(machine, code, size, 2), 32);
	stub->size = 32;
	return true;
}

/* Offsets count from the TOC, 32 KB behind the start of .got. */
static bool read_ppc64(const struct plt_machine *machine,
		       const unsigned char *code, size_t size,
		       struct plt_code *stub)
{
	const uint32_t save_toc = 0xf8410018, mtctr = 0x7d8903a6,
		       bctr = 0x4e800420;
	size_t at = instruction(machine, code, size, 0) == save_toc ? 4 : 0;
	uint32_t word = instruction(machine, code, size, at), base = 2;

	stub->slot = machine->got + 0x8000;
	if ((word & 0xffff0000) == 0x3d820000) {
		stub->slot += sign_extend(word & 0xffff, 16) << 16;
		base = 12;
		at += 4;
		word = instruction(machine, code, size, at);
	}
	if ((word & 0xffff0003) != (0xe9800000 | base << 16) ||
	    instruction(machine, code, size, at + 4) != mtctr ||
	    instruction(machine, code, size, at + 8) != bctr ||
	    machine->got == 0)
		return false;
	stub->slot += sign_extend(word & 0xfffc, 16);
	stub->size = at + 12;
	return true;
}

/* ---- all of them ---- */

bool plt_code_is_known(const struct plt_machine *machine)
{
	switch (machine->machine) {
	case EM_X86_64:
	case EM_386:
	case EM_AARCH64:
	case EM_ARM:
	case EM_RISCV:
	case EM_PPC64:
		return true;
	case EM_S390:
		return machine->is_64;
	}
	return false;
}

/* x86: .plt.got has stubs of 8 bytes, but of 16 with endbr64; linkers say
 * which. */
size_t plt_code_step(const struct plt_machine *machine)
{
	switch (machine->machine) {
	case EM_X86_64:
	case EM_386:
		return machine->entry_size == 8 || (machine->has_short_stubs &&
						    machine->entry_size == 0)
			       ? 8
			       : 16;
	case EM_AARCH64:
		return 8;
	}
	return 4;
}

bool plt_code_read(const struct plt_machine *machine, const unsigned char *code,
		   size_t size, uint64_t svma, struct plt_code *stub)
{
	switch (machine->machine) {
	case EM_X86_64:
	case EM_386:
		return read_x86(machine, code, size, svma, stub);
	case EM_AARCH64:
		return read_aarch64(machine, code, size, svma, stub);
	case EM_ARM:
		return read_arm(machine, code, size, svma, stub);
	case EM_RISCV:
		return read_riscv(machine, code, size, svma, stub);
	case EM_S390:
		return read_s390(machine, code, size, svma, stub);
	case EM_PPC64:
		return read_ppc64(machine, code, size, stub);
	}
	return false;
}
