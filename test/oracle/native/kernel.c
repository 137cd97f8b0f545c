/*
 * Loads filters into the running kernel and reports what becomes of calls.
 *
 * Input, binary, native byte order, repeated:
 *   u32 filters, then for each, oldest first: u32 length, length * struct sock_filter
 *   u32 calls, then for each: u64 nr, u64 args[6]
 * Output, a line each:
 *   first line of all: the address that filters see as instruction_pointer
 *   load ERRNO...    one per filter until one fails (0 = loaded)
 *   per call: "ret VALUE" | "trap ERRNO" | "killed SIGNAL"
 *
 * Every call is really made, so the caller must stack a filter that lets nothing through. After the
 * filters are on, the child uses shared memory only: no further call of its own would pass.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_FILTERS 64
#define MAX_CALLS 4096

struct call {
	uint64_t nr, args[6];
};

enum { PENDING, RETURNED, TRAPPED };

struct shared {
	volatile int loaded, finished, next;
	volatile int load[MAX_FILTERS];
	struct {
		volatile int what;
		volatile long value;
	} results[MAX_CALLS];
};

static struct shared *shared;
static struct sock_fprog programs[MAX_FILTERS];
static struct call calls[MAX_CALLS];
static sigjmp_buf back;
extern char after_syscall[];

static long raw_syscall(const struct call *c)
{
	register uint64_t r10 __asm__("r10") = c->args[3];
	register uint64_t r8 __asm__("r8") = c->args[4];
	register uint64_t r9 __asm__("r9") = c->args[5];
	long ret;
	__asm__ volatile("syscall\n.globl after_syscall\nafter_syscall:"
			 : "=a"(ret)
			 : "a"(c->nr), "D"(c->args[0]), "S"(c->args[1]), "d"(c->args[2]), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

static void on_sigsys(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	shared->results[shared->next].value = info->si_errno;
	siglongjmp(back, 1);
}

static void child(uint32_t filters, uint32_t count)
{
	struct sigaction action = { .sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO | SA_NODEFER };
	sigaction(SIGSYS, &action, NULL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	/* Loading the next filter is a call too: the caller's filters must let prctl pass. */
	for (uint32_t i = 0; i < filters; i++) {
		shared->load[i] = prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &programs[i], 0, 0) == 0 ? 0 : errno;
		shared->loaded = i + 1;
		if (shared->load[i] != 0) {
			count = 0;
			break;
		}
	}
	while (shared->next < (int)count) {
		int at = shared->next;
		if (sigsetjmp(back, 0) == 0) {
			long ret = raw_syscall(&calls[at]);
			shared->results[at].value = ret;
			shared->results[at].what = RETURNED;
		} else {
			shared->results[at].what = TRAPPED;
		}
		shared->next = at + 1;
	}
	shared->finished = 1;
	for (;;)
		__asm__ volatile("pause");
}

static int read_all(void *to, size_t size)
{
	return fread(to, 1, size, stdin) == size;
}

static void run(uint32_t filters, uint32_t count)
{
	int first = 1;
	shared->next = 0;
	for (uint32_t i = 0; i < count; i++)
		shared->results[i].what = PENDING;
	do {
		shared->loaded = shared->finished = 0;
		pid_t pid = fork();
		if (pid == 0)
			child(filters, count);
		int status = 0, dead = 0;
		while (!shared->finished && !(dead = waitpid(pid, &status, WNOHANG) == pid))
			sched_yield();
		if (!dead) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
		}
		if (first) {
			printf("load");
			for (int i = 0; i < shared->loaded; i++)
				printf(" %d", shared->load[i]);
			printf("\n");
			for (int i = 0; i < shared->loaded; i++)
				if (shared->load[i] != 0)
					return;
		}
		first = 0;
		if (!shared->finished) {
			shared->results[shared->next].value = WTERMSIG(status);
			shared->next++;
		}
	} while (shared->next < (int)count);
	for (uint32_t i = 0; i < count; i++) {
		long value = shared->results[i].value;
		switch (shared->results[i].what) {
		case RETURNED:
			printf("ret %ld\n", value);
			break;
		case TRAPPED:
			printf("trap %ld\n", value);
			break;
		default:
			printf("killed %ld\n", value);
		}
	}
}

int main(void)
{
	struct rlimit none = { 0, 0 };
	setrlimit(RLIMIT_CORE, &none);
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	printf("0x%lx\n", (unsigned long)after_syscall);
	uint32_t filters, count;
	while (read_all(&filters, 4) && filters <= MAX_FILTERS) {
		for (uint32_t i = 0; i < filters; i++) {
			uint32_t length;
			if (!read_all(&length, 4))
				return 1;
			programs[i].len = length;
			programs[i].filter = malloc(length * 8 + 8);
			if (!read_all(programs[i].filter, length * 8))
				return 1;
		}
		if (!read_all(&count, 4) || count > MAX_CALLS || !read_all(calls, count * sizeof *calls))
			return 1;
		fflush(stdout);
		run(filters, count);
		for (uint32_t i = 0; i < filters; i++)
			free(programs[i].filter);
	}
	return 0;
}
