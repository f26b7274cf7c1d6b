#include "config.h"
#include "conv/machine.h"

#include <sys/utsname.h>

#include "unwind/registers.h"

/* How many modules are asked before the next source is: each may be a file to
 * read. */
enum { MAX_ASKED = 32 };

static uint64_t recorded_registers(const struct perf_file *file)
{
	for (size_t i = 0; i < file->events.n; i++)
		if (file->events.items[i].regs_user != 0)
			return file->events.items[i].regs_user;
	return 0;
}

/* By the tables that stacks are unwound with: their files are proven to be
 * those that were captured. */
static const char *machine_of_files(const struct profile *profile,
				    const struct unwind_source *unwind,
				    uint64_t registers)
{
	size_t n_asked = 0;

	for (uint32_t i = 0; i < profile->modules.n && n_asked < MAX_ASKED;
	     i++) {
		const struct unwind_table *table;
		const char *machine;

		if (profile->modules.items[i].kind != MODULE_FILE)
			continue;
		n_asked++;
		table = unwind->get(unwind->context, i);
		machine = table ? unwind_machine_of_elf(table->header->machine)
				: NULL;
		if (machine && unwind_machine_has(machine, registers))
			return machine;
	}
	return NULL;
}

static const char *this_machine(const struct perf_file *file,
				uint64_t registers)
{
	static struct utsname name;

	if (file->is_swapped || uname(&name) != 0 ||
	    !unwind_machine_has(name.machine, registers))
		return NULL;
	return name.machine;
}

const char *machine_of_capture(const struct perf_file *file,
			       const struct profile *profile,
			       const struct unwind_source *unwind,
			       bool *is_guessed)
{
	uint64_t registers = recorded_registers(file);
	const char *machine = file->arch;

	*is_guessed = false;
	if (machine || registers == 0)
		return machine;
	machine = unwind_machine_of_registers(registers);
	if (!machine && unwind)
		machine = machine_of_files(profile, unwind, registers);
	if (machine)
		return machine;
	machine = this_machine(file, registers);
	*is_guessed = machine != NULL;
	return machine;
}
