/* In the sandbox, what is open can be read, and nothing else be done. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "symbolize/sandbox.h"
#include "tests/tap.h"

/* Each is a bit of the child's exit status if it could be done. */
enum { OPENS = 1, CONNECTS = 2, KILLS = 4, FORKS = 8, CANNOT_READ = 16 };

static int try_all(int fd, uint32_t entered)
{
	static char name[] = "/bin/true", *const argv[] = { name, NULL };
	int done = 0;
	char byte;
	pid_t child;

	if (open("/etc/passwd", O_RDONLY) >= 0)
		done |= OPENS;
	if (pread(fd, &byte, 1, 0) != 1 || !malloc(1 << 20))
		done |= CANNOT_READ;
	if (!(entered & SANDBOX_SECCOMP))
		return done;
	if (socket(AF_INET, SOCK_DGRAM, 0) >= 0)
		done |= CONNECTS;
	if (kill(getppid(), 0) == 0)
		done |= KILLS;
	child = fork();
	if (child == 0)
		execv(name, argv);
	if (child >= 0)
		done |= FORKS;
	return done;
}

int main(void)
{
	int fd = open("/proc/self/exe", O_RDONLY), ends[2], status = -1;
	uint32_t entered = 0;
	pid_t child;

	if (pipe(ends) != 0)
		return EXIT_FAILURE;
	child = fork();
	if (child == 0) {
		entered = sandbox_enter();
		if (write(ends[1], &entered, sizeof(entered)) < 0)
			_exit(99);
		_exit(entered ? try_all(fd, entered) : 0);
	}
	ok(child > 0 && waitpid(child, &status, 0) == child &&
		   WIFEXITED(status),
	   "a process in the sandbox ends by itself");
	ok(read(ends[0], &entered, sizeof(entered)) == sizeof(entered),
	   "and can write to what is open");
	status = WEXITSTATUS(status);
	if (!entered) {
		ok(true, "the rest # SKIP the kernel has neither of the two");
		return tap_done();
	}
	ok(!(status & OPENS), "it opens no file");
	ok(!(status & CANNOT_READ), "it reads what is open, and has memory");
	ok(!(status & CONNECTS), "it makes no socket");
	ok(!(status & KILLS), "it sends no signal");
	ok(!(status & FORKS), "it starts no process");
	return tap_done();
}
