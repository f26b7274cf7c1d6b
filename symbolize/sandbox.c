/*
 * Landlock (landlock(7), since Linux 5.13) with a set of rules that allows
 * nothing, and seccomp (seccomp(2)) with a short list of what reading ELF and
 * DWARF takes. Either is enough to keep a worker that somebody has taken over
 * from files and networks; both are used, as kernels and containers lack one or
 * the other. What is not on the list fails with EPERM rather than ends the
 * process, so that a C library that tries something newer goes on.
 */
#include "config.h"
#include "symbolize/sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Where headers are older than the kernel: linux/landlock.h, and the numbers
 * that are the same on every machine. */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_restrict_self  446
#endif
enum { CREATE_RULESET_VERSION = 1 };

/* Rights by the version of Landlock that brought them; headers are older than
 * kernels. */
static uint64_t rights_of_version(long version)
{
	const uint64_t of_1 = (UINT64_C(1) << 13) - 1, refer = 1 << 13,
		       truncate = 1 << 14, ioctl_device = 1 << 15;

	return of_1 | (version >= 2 ? refer : 0) |
	       (version >= 3 ? truncate : 0) |
	       (version >= 5 ? ioctl_device : 0);
}

static bool enter_landlock(void)
{
	/* The first member; what follows it are networks and scopes, which
	 * seccomp takes care of. */
	uint64_t handled;
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
			       CREATE_RULESET_VERSION);
	long rules;
	bool ok;

	if (version < 1)
		return false;
	handled = rights_of_version(version);
	rules = syscall(SYS_landlock_create_ruleset, &handled, sizeof(handled),
			0);
	if (rules < 0)
		return false;
	ok = syscall(SYS_landlock_restrict_self, rules, 0) == 0;
	close((int)rules);
	return ok;
}

#ifdef WITH_SANITIZERS
/* Their runtime makes system calls of its own. */
static bool enter_seccomp(void)
{
	return false;
}
#else
static bool enter_seccomp(void)
{
	static const int allowed[] = {
		SCMP_SYS(brk),
		SCMP_SYS(clock_gettime),
		SCMP_SYS(close),
		SCMP_SYS(exit),
		SCMP_SYS(exit_group),
		SCMP_SYS(fstat),
		SCMP_SYS(futex),
		SCMP_SYS(getrandom),
		SCMP_SYS(lseek),
		SCMP_SYS(madvise),
		SCMP_SYS(mmap),
		SCMP_SYS(mprotect),
		SCMP_SYS(mremap),
		SCMP_SYS(munmap),
		SCMP_SYS(newfstatat),
		SCMP_SYS(pread64),
		SCMP_SYS(read),
		SCMP_SYS(recvmsg),
		SCMP_SYS(restart_syscall),
		SCMP_SYS(rt_sigprocmask),
		SCMP_SYS(rt_sigreturn),
		SCMP_SYS(write),
	};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	bool ok = filter != NULL;

	for (size_t i = 0; ok && i < sizeof(allowed) / sizeof(*allowed); i++)
		ok = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0) ==
		     0;
	ok = ok && seccomp_load(filter) == 0;
	if (filter)
		seccomp_release(filter);
	return ok;
}
#endif

uint32_t sandbox_enter(void)
{
	uint32_t entered = 0;

	/* Both want this: no program that is started gains rights. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return 0;
	if (enter_landlock())
		entered |= SANDBOX_LANDLOCK;
	if (enter_seccomp())
		entered |= SANDBOX_SECCOMP;
	return entered;
}
