#include "config.h"
#include "symbolize/worker_pool.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "symbolize/spawn.h"

/* The most that the tables of a file can be: they are far smaller than it, but
 * names may stand in several of them. */
static size_t max_answer(uint64_t file_size)
{
	const size_t always = (size_t)128 << 20;

	return file_size < SIZE_MAX / 4 ? always + 2 * (size_t)file_size
					: always;
}

enum { READ_SIZE = 256 * 1024 };

struct running {
	struct worker_job *job; /* NULL: this place is free */
	struct worker_result result;
	pid_t pid;
	int pipe;
	int channel;	   /* for files that it asks for */
	size_t scanned;	   /* bytes of the answer, whole blobs */
	uint64_t deadline; /* of clock_now() */
	unsigned n_seconds;
	size_t max_answer; /* bytes */
};

static bool start(struct running *running, struct worker_job *job)
{
	int ends[2] = { -1, -1 }, files[N_FILE_ROLES + 1];
	struct spawn spawn = {
		.argument = WORKER_ARGUMENT,
		.input = &job->request,
		.files = files,
		.n_files = N_FILE_ROLES + 1,
	};
	struct worker_request request;
	bool ok;

	*running = (struct running){ .job = job, .pipe = -1, .channel = -1 };
	memcpy(files, job->fds, sizeof(job->fds));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return err_set_errno(&running->result.err,
				     "cannot start a worker");
	files[N_FILE_ROLES] = ends[1];
	running->channel = ends[0];
	memcpy(&request, job->request.bytes, sizeof(request));
	ok = spawn_self(&spawn, &running->pid, &running->pipe,
			&running->result.err);
	close(ends[1]);
	if (!ok) {
		running->pid = 0;
		return false;
	}
	running->max_answer = max_answer(request.file_size);
	running->n_seconds = worker_time_limit(request.file_size);
	running->deadline =
		clock_now() + running->n_seconds * UINT64_C(1000000000);
	return true;
}

static bool is_complete(const struct buf *answer)
{
	struct worker_blob last;

	if (answer->size < sizeof(last))
		return false;
	memcpy(&last, answer->bytes + answer->size - sizeof(last),
	       sizeof(last));
	return last.kind == WORKER_END && last.size == 0;
}

/* Says how a worker ended that did not say all. */
static void explain(struct running *running, int status)
{
	struct err *err = &running->result.err;

	if (err->text[0])
		return;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
		err_set(err, "reading it was stopped after %u s of work",
			running->n_seconds);
	else if (WIFSIGNALED(status))
		err_set(err, "its reader was ended by signal %d (%s)",
			WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		err_set(err, "its reader ended with status %d",
			WEXITSTATUS(status));
}

static uint64_t to_ns(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * UINT64_C(1000000000) +
	       (uint64_t)time->tv_usec * 1000;
}

static void finish(struct running *running,
		   void (*done)(struct worker_job *job,
				const struct worker_result *result))
{
	struct worker_result *result = &running->result;
	struct rusage usage = { 0 };
	int status = 0;

	if (running->pipe >= 0)
		close(running->pipe);
	if (running->channel >= 0)
		close(running->channel);
	if (running->pid > 0) {
		while (wait4(running->pid, &status, 0, &usage) < 0 &&
		       errno == EINTR)
			;
		result->cpu_ns =
			to_ns(&usage.ru_utime) + to_ns(&usage.ru_stime);
		result->is_complete = is_complete(&result->answer);
		if (!result->is_complete)
			explain(running, status);
	}
	done(running->job, result);
	buf_release(&result->answer);
	running->job = NULL;
}

static void stop(struct running *running, const char *why)
{
	kill(running->pid, SIGKILL);
	err_set(&running->result.err, "%s", why);
}

/* Sends a file over the channel, or where fd is -1 the word that there is
 * none. */
static void send_file(int channel, int fd)
{
	char byte = 0, room[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	struct cmsghdr *header;

	if (fd >= 0) {
		message.msg_control = room;
		message.msg_controllen = sizeof(room);
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	}
	/* A worker that has more questions than it reads answers to must not
	 * keep anybody waiting. */
	if (sendmsg(channel, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		shutdown(channel, SHUT_RDWR);
	if (fd >= 0)
		close(fd);
}

/* The file that a worker asks for; -1: none. */
static int open_asked(const struct worker_job *job,
		      const struct worker_blob *blob, const char *bytes)
{
	size_t left = (size_t)blob->size, length = strnlen(bytes, left);
	struct split_name name = { .path = bytes };

	if (!job->open_asked || length == left)
		return -1;
	name.name = bytes + length + 1;
	left -= length + 1;
	if (strnlen(name.name, left) == left)
		return -1;
	return job->open_asked(job->context, &name, (size_t)blob->number);
}

static void answer_questions(struct running *running)
{
	const struct worker_job *job = running->job;
	struct buf *answer = &running->result.answer;
	struct worker_blob blob;

	while (answer->size - running->scanned >= sizeof(blob)) {
		const char *bytes = (const char *)answer->bytes +
				    running->scanned + sizeof(blob);
		size_t left = answer->size - running->scanned - sizeof(blob);

		memcpy(&blob, answer->bytes + running->scanned, sizeof(blob));
		if (blob.size > left)
			return;
		if (blob.kind == WORKER_ASK)
			send_file(running->channel,
				  open_asked(job, &blob, bytes));
		running->scanned += sizeof(blob) + blob.size;
	}
}

/* Hands over whole blobs, but for the end mark; false if the caller has had
 * enough. */
static bool hand_over(struct running *running)
{
	const struct worker_job *job = running->job;
	struct buf *answer = &running->result.answer;
	struct buf rest = *answer;
	const unsigned char *bytes;
	struct worker_blob blob;
	size_t used = 0;

	while (worker_next_blob(&rest, &blob, &bytes) &&
	       blob.kind != WORKER_END) {
		if (!job->take_blob(job->context, &blob, bytes))
			return false;
		used = answer->size - rest.size;
	}
	memmove(answer->bytes, answer->bytes + used, answer->size - used);
	answer->size -= used;
	running->scanned -= used < running->scanned ? used : running->scanned;
	return true;
}

/* Reads what there is; false when the worker has closed its end. */
static bool take_answer(struct running *running)
{
	struct buf *answer = &running->result.answer;
	ssize_t n =
		read(running->pipe, buf_extend(answer, READ_SIZE), READ_SIZE);

	answer->size -= n > 0 ? READ_SIZE - (size_t)n : READ_SIZE;
	if (n < 0 && errno == EINTR)
		return true;
	if (answer->size > running->max_answer) {
		stop(running, "its symbols have no end");
		return false;
	}
	answer_questions(running);
	if (running->job->take_blob && !hand_over(running)) {
		stop(running, "its answer is not wanted any more");
		return false;
	}
	return n > 0;
}

static int time_left(const struct running *running, unsigned n_workers)
{
	uint64_t now = clock_now(), least = UINT64_MAX;

	for (unsigned i = 0; i < n_workers; i++)
		if (running[i].job && running[i].deadline < least)
			least = running[i].deadline;
	if (least == UINT64_MAX)
		return -1;
	return least <= now ? 0 : (int)((least - now) / 1000000 + 1);
}

/* Waits until one of the workers says something or has no time left. */
static void wait_for_any(struct running *running, unsigned n_workers,
			 struct pollfd *polls,
			 void (*done)(struct worker_job *job,
				      const struct worker_result *result))
{
	uint64_t now;

	for (unsigned i = 0; i < n_workers; i++)
		polls[i] = (struct pollfd){
			.fd = running[i].job ? running[i].pipe : -1,
			.events = POLLIN,
		};
	if (poll(polls, n_workers, time_left(running, n_workers)) < 0)
		return;
	now = clock_now();
	for (unsigned i = 0; i < n_workers; i++) {
		if (!running[i].job)
			continue;
		if (polls[i].revents && !take_answer(&running[i])) {
			finish(&running[i], done);
		} else if (now >= running[i].deadline) {
			stop(&running[i], "reading it took too long");
			finish(&running[i], done);
		}
	}
}

void worker_pool_run(struct worker_job *jobs, size_t n, unsigned n_workers,
		     void (*done)(struct worker_job *job,
				  const struct worker_result *result))
{
	struct running *running;
	struct pollfd *polls;
	size_t next = 0, n_left = n;

	if (n_workers > n)
		n_workers = (unsigned)n;
	running = mem_zalloc(n_workers, sizeof(*running));
	polls = mem_zalloc(n_workers, sizeof(*polls));
	while (n_left > 0) {
		size_t n_running = 0;

		for (unsigned i = 0; i < n_workers; i++) {
			if (!running[i].job && next < n &&
			    !start(&running[i], &jobs[next++]))
				finish(&running[i], done);
			n_running += running[i].job != NULL;
		}
		n_left = n - next + n_running;
		if (n_running > 0)
			wait_for_any(running, n_workers, polls, done);
	}
	free(running);
	free(polls);
}

bool worker_next_blob(struct buf *rest, struct worker_blob *blob,
		      const unsigned char **bytes)
{
	if (rest->size < sizeof(*blob))
		return false;
	memcpy(blob, rest->bytes, sizeof(*blob));
	rest->bytes += sizeof(*blob);
	rest->size -= sizeof(*blob);
	if (blob->size > rest->size)
		return false;
	*bytes = rest->bytes;
	rest->bytes += blob->size;
	rest->size -= blob->size;
	return true;
}

bool worker_error(const struct worker_blob *blob, const unsigned char *bytes,
		  struct err *err)
{
	/* Workers cut their words to what fits. */
	return err_set(err, "%.*s",
		       (int)(blob->size < sizeof(err->text) ? blob->size : 0),
		       (const char *)bytes);
}
