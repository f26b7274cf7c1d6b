#include "config.h"
#include "symbolize/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"

/* The input as a file, so that nobody has to wait until it is read. */
static int input_file(const struct buf *input)
{
	int fd = memfd_create("symconv request", MFD_CLOEXEC);

	if (fd < 0)
		return -1;
	if (!file_write(fd, input->bytes, input->size) ||
	    lseek(fd, 0, SEEK_SET) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Files that go to a helper are taken out of the way of one another's
 * places first: files[0 and 1] are its standard input and output. */
static bool move_up(const struct spawn *spawn, int input, int output,
		    int *files)
{
	int least = SPAWN_FIRST_FILE + (int)spawn->n_files;
	bool ok = true;

	for (size_t i = 0; i < spawn->n_files + 2; i++) {
		int fd = i == 0 ? input : i == 1 ? output : spawn->files[i - 2];

		files[i] = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, least);
		ok = ok && (fd < 0 || files[i] >= 0);
	}
	return ok;
}

static int start(const struct spawn *spawn, const int *files, pid_t *pid)
{
	static char name[] = "symconv";
	char *argument = mem_strdup(spawn->argument);
	char *argv[] = { name, argument, NULL }, *nothing[] = { NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	int failure;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, files[0], STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, files[1], STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
					 O_WRONLY, 0);
	for (size_t i = 0; i < spawn->n_files; i++)
		if (files[i + 2] >= 0)
			posix_spawn_file_actions_adddup2(&actions, files[i + 2],
							 SPAWN_FIRST_FILE +
								 (int)i);
	posix_spawnattr_init(&attributes);
	sigemptyset(&none);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	failure =
		posix_spawn(pid, "/proc/self/exe", &actions, &attributes, argv,
			    spawn->keeps_environment ? environ : nothing);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	free(argument);
	return failure;
}

bool spawn_self(const struct spawn *spawn, pid_t *pid, int *output,
		struct err *err)
{
	int *files = mem_zalloc(spawn->n_files + 2, sizeof(*files));
	int ends[2] = { -1, -1 }, input = input_file(spawn->input), failure;

	for (size_t i = 0; i < spawn->n_files + 2; i++)
		files[i] = -1;
	failure = input >= 0 && pipe2(ends, O_CLOEXEC) == 0 &&
				  move_up(spawn, input, ends[1], files)
			  ? start(spawn, files, pid)
			  : errno;
	for (size_t i = 0; i < spawn->n_files + 2; i++)
		if (files[i] >= 0)
			close(files[i]);
	free(files);
	if (input >= 0)
		close(input);
	if (ends[1] >= 0)
		close(ends[1]);
	*output = ends[0];
	if (failure == 0)
		return true;
	if (ends[0] >= 0)
		close(ends[0]);
	*output = -1;
	errno = failure;
	return err_set_errno(err, "cannot start a helper process");
}
