/*
 * The code of one stub of the PLT: through which slot of the global offset
 * table it jumps. For workers only.
 */
#ifndef SYMBOLIZE_PLT_CODE_H
#define SYMBOLIZE_PLT_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the code depends on beside itself. */
struct plt_machine {
	uint16_t machine; /* EM_… */
	bool is_64;
	bool is_swapped; /* of the other byte order than this machine */
	uint64_t got;	 /* svmas of .got and .got.plt; 0: none */
	uint64_t got_plt;
	uint64_t entry_size;  /* as the section's header has it; 0: unknown */
	bool has_short_stubs; /* it is .plt.got */
};

struct plt_code {
	uint64_t slot; /* svma */
	size_t size;   /* of the stub */
};

/* Whether stubs of a machine can be read at all. */
bool plt_code_is_known(const struct plt_machine *machine);

/* What the addresses of stubs are multiples of. */
size_t plt_code_step(const struct plt_machine *machine);

/* Whether the code at an svma is a stub, of the size bytes that follow. */
bool plt_code_read(const struct plt_machine *machine, const unsigned char *code,
		   size_t size, uint64_t svma, struct plt_code *stub);

#endif
