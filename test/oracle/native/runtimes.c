/*
 * Starts containers with runc or crun, and reports the filter that the runtime loads into them, or
 * what becomes of calls under it.
 *
 * Input, a job after the other:
 *   filter NAME BYTES\n then the config.json
 *   calls NAME BYTES COUNT\n then the config.json, then COUNT lines: 64|32 NR ARG0 ... ARG5
 * The config's process must be /probe. NAME is the runtime's, looked up in PATH.
 * Output of "filter", a line:
 *   loaded FLAGS HEX   the last argument of seccomp(2), 0 for prctl(2); struct sock_filter's bytes
 *   failed TEXT        the container was not started, and what the runtime said, its lines joined
 *   none               it was started, without a filter
 *   timeout
 * Output of "calls", a line each: passed | ret -ERRNO | trap DATA | trace DATA | killed, or the line
 * of a container that did not come up.
 *
 * The runtime and its children are traced, under a filter of ours that asks the tracer (TRACE with
 * PASSED) about calls that may load a filter. As soon as the kernel has accepted one, all is killed.
 * For "calls" the tracer is asked about every call, and sets the probe's registers for one after the
 * other. None is carried out: what the tracer is asked about it skips. ERRNO, TRAP and KILL of the
 * container's filter are stronger than our question, and its TRACE is the newer one of two.
 *
 * All of this happens in a mount namespace of its own, where /mnt holds the files, and /sys/fs/cgroup
 * is a plain cgroup2: crun takes no hybrid hierarchy.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_CALLS 4096
#define MAX_PIDS 512
#define PASSED 0xfeed
#define TIMEOUT_SECONDS 20

/* The container's name, and so its cgroup's: another run of this program may be under way. */
static char id[32], cgroup[64];

struct call {
	int bits;
	uint64_t nr, args[6];
};

static struct call calls[MAX_CALLS];
static volatile sig_atomic_t late;

static void fail(const char *what)
{
	printf("cannot: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void on_alarm(int signal)
{
	(void)signal;
	late = 1;
}

/* An ELF program: exit_group(0), and an int $0x80 that only the tracer leads to. */
#define AT_SYSCALL 7
#define AT_INT80 9
static void write_probe(void)
{
	const uint64_t base = 0x400000;
	struct {
		Elf64_Ehdr header;
		Elf64_Phdr segment;
		unsigned char code[11];
	} file = {
		.header = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			    .e_type = ET_EXEC,
			    .e_machine = EM_X86_64,
			    .e_version = EV_CURRENT,
			    .e_phoff = sizeof(Elf64_Ehdr),
			    .e_ehsize = sizeof(Elf64_Ehdr),
			    .e_phentsize = sizeof(Elf64_Phdr),
			    .e_phnum = 1 },
		.segment = { .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = base, .p_align = 0x1000 },
		.code = { 0x31, 0xff, 0xb8, __NR_exit_group, 0, 0, 0, 0x0f, 0x05, 0xcd, 0x80 },
	};
	file.header.e_entry = base + ((char *)file.code - (char *)&file);
	file.segment.p_filesz = file.segment.p_memsz = sizeof file;
	int fd = open("rootfs/probe", O_CREAT | O_WRONLY | O_TRUNC, 0755);
	if (fd < 0 || write(fd, &file, sizeof file) != sizeof file || close(fd) != 0)
		fail("the probe");
}

static void set_up(void)
{
	if (unshare(CLONE_NEWNS) != 0)
		fail("a mount namespace");
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		fail("private mounts");
	umount2("/sys/fs/cgroup", MNT_DETACH);
	if (mount("none", "/sys/fs/cgroup", "cgroup2", 0, NULL) != 0)
		fail("cgroup2");
	if (mount("none", "/mnt", "tmpfs", 0, NULL) != 0 || chdir("/mnt") != 0 || mkdir("state", 0700) != 0 || mkdir("rootfs", 0755) != 0 ||
	    mkdir("rootfs/dev", 0755) != 0 || mkdir("rootfs/proc", 0755) != 0 || mkdir("rootfs/sys", 0755) != 0)
		fail("/mnt");
	write_probe();
}

/* The traced processes: all are ours, and none may outlive its job. */
static pid_t pids[MAX_PIDS];
static int pid_count;

static void remember(pid_t pid)
{
	for (int i = 0; i < pid_count; i++)
		if (pids[i] == pid)
			return;
	if (pid_count == MAX_PIDS)
		fail("more processes than a container has");
	pids[pid_count++] = pid;
}

static void kill_all(void)
{
	int status;
	pid_t pid;
	for (int i = 0; i < pid_count; i++)
		kill(pids[i], SIGKILL);
	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		if (pid > 0 && WIFSTOPPED(status)) {
			kill(pid, SIGKILL);
			ptrace(PTRACE_CONT, pid, 0, 0);
		}
	}
	pid_count = 0;
}

static void run_runtime(const char *name, int with_calls)
{
	static struct sock_filter ask[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_prctl, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_seccomp, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | PASSED),
	};
	struct sock_fprog program = { 5, ask };
	if (with_calls)
		program = (struct sock_fprog){ 1, ask + 4 };
	int null = open("/dev/null", O_RDWR), messages = open("stderr", O_CREAT | O_RDWR | O_TRUNC, 0600);
	dup2(null, 0);
	dup2(null, 1);
	dup2(messages, 2);
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0)
		_exit(126);
	if (strcmp(name, "crun") == 0)
		execlp(name, name, "--root", "state", "--cgroup-manager=disabled", "run", id, NULL);
	else
		execlp(name, name, "--root", "state", "run", id, NULL);
	_exit(127);
}

static struct {
	pid_t pid;
	unsigned flags, length;
	struct sock_filter instructions[0x10000];
} attempt;

/* Keeps the filter that a process is about to load, and answers whether that is what it does. */
static int keep_filter(pid_t pid, const struct __ptrace_syscall_info *info)
{
	const unsigned long long *args = (const void *)info->seccomp.args;
	uint64_t at;
	if (info->seccomp.nr == __NR_seccomp && args[0] == SECCOMP_SET_MODE_FILTER) {
		attempt.flags = args[1];
		at = args[2];
	} else if (info->seccomp.nr == __NR_prctl && args[0] == PR_SET_SECCOMP && args[1] == SECCOMP_MODE_FILTER) {
		attempt.flags = 0;
		at = args[2];
	} else {
		return 0;
	}
	struct sock_fprog program;
	struct iovec to = { &program, sizeof program }, from = { (void *)at, sizeof program };
	/* Both runtimes ask for features with a filter at NULL. */
	if (at == 0 || process_vm_readv(pid, &to, 1, &from, 1, 0) != sizeof program)
		return 0;
	to = (struct iovec){ attempt.instructions, program.len * sizeof(struct sock_filter) };
	from = (struct iovec){ program.filter, to.iov_len };
	if (process_vm_readv(pid, &to, 1, &from, 1, 0) != (ssize_t)to.iov_len)
		return 0;
	attempt.length = program.len;
	attempt.pid = pid;
	return 1;
}

static void print_failure(void)
{
	char text[4096];
	int fd = open("stderr", O_RDONLY);
	ssize_t length = read(fd, text, sizeof text - 1);
	close(fd);
	text[length < 0 ? 0 : length] = 0;
	for (char *c = text; *c; c++)
		if (*c == '\n')
			*c = ' ';
	printf("failed %s\n", text);
}

static void print_filter(void)
{
	const unsigned char *bytes = (const unsigned char *)attempt.instructions;
	printf("loaded %u ", attempt.flags);
	for (size_t i = 0; i < attempt.length * sizeof(struct sock_filter); i++)
		printf("%02x", bytes[i]);
	printf("\n");
}

static int has_sigsys(pid_t pid)
{
	siginfo_t pending[8];
	struct __ptrace_peeksiginfo_args peek = { 0, 0, 8 };
	long count = ptrace(PTRACE_PEEKSIGINFO, pid, &peek, pending);
	for (long i = 0; i < count; i++)
		if (pending[i].si_signo == SIGSYS)
			return 1;
	return 0;
}

/*
 * Lets the probe, which has just been started, make calls from the first on. Answers the number of
 * the next one: all, unless one of them killed it.
 */
static int make_calls(pid_t pid, int first, int count)
{
	struct user_regs_struct start, regs;
	int status;
	/* It is still in execve. */
	do {
		ptrace(PTRACE_SYSCALL, pid, 0, 0);
		if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
			fail("the probe");
	} while (WSTOPSIG(status) != (SIGTRAP | 0x80));
	if (ptrace(PTRACE_GETREGS, pid, 0, &start) != 0)
		fail("the probe's registers");
	for (int i = first; i < count; i++) {
		const struct call *c = &calls[i];
		const uint64_t *a = c->args;
		regs = start;
		regs.rax = c->nr;
		regs.orig_rax = -1;
		if (c->bits == 64) {
			regs.rip = start.rip + AT_SYSCALL;
			regs.rdi = a[0], regs.rsi = a[1], regs.rdx = a[2], regs.r10 = a[3], regs.r8 = a[4], regs.r9 = a[5];
		} else {
			regs.rip = start.rip + AT_INT80;
			regs.rbx = a[0], regs.rcx = a[1], regs.rdx = a[2], regs.rsi = a[3], regs.rdi = a[4], regs.rbp = a[5];
		}
		if (ptrace(PTRACE_SETREGS, pid, 0, &regs) != 0)
			fail("the probe's registers");
		unsigned long message = 0;
		int entered = 0, seen = 0, trap = -1;
		for (;;) {
			ptrace(PTRACE_SYSCALL, pid, 0, 0);
			if (waitpid(pid, &status, __WALL) != pid)
				fail("the probe");
			if (!WIFSTOPPED(status)) {
				printf("killed\n");
				return i + 1;
			}
			if (status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8)) {
				ptrace(PTRACE_GETEVENTMSG, pid, 0, &message);
				seen = 1;
				ptrace(PTRACE_GETREGS, pid, 0, &regs);
				regs.orig_rax = -1;
				ptrace(PTRACE_SETREGS, pid, 0, &regs);
			} else if (WSTOPSIG(status) == SIGSYS) {
				siginfo_t info;
				ptrace(PTRACE_GETSIGINFO, pid, 0, &info);
				trap = info.si_errno;
				break;
			} else if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
				struct __ptrace_syscall_info info;
				ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info);
				if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
					entered = 1;
				} else if (entered) {
					/* A trapped call returns first, then comes its signal. */
					if (has_sigsys(pid))
						continue;
					regs.rax = info.exit.rval;
					break;
				}
			} else if (WSTOPSIG(status) != SIGURG) {
				/* SIGURG is what Go sends itself, and may outlive its execve. */
				printf("signal %d\n", WSTOPSIG(status));
				exit(1);
			}
		}
		if (trap >= 0)
			printf("trap %d\n", trap);
		else if (seen && message == PASSED)
			printf("passed\n");
		else if (seen)
			printf("trace %lu\n", message);
		else
			printf("ret %lld\n", (long long)regs.rax);
	}
	return count;
}

/* Runs one container; for calls, from the first on. Answers the next call, or -1 after a last word. */
static int run(const char *name, int with_calls, int first, int count)
{
	int status, loaded = 0, next = -1;
	attempt.pid = 0;
	/* A runtime that was killed has left it. */
	if (system("rm -rf state/*") != 0)
		fail("the state");
	pid_t runtime = fork();
	if (runtime == 0)
		run_runtime(name, with_calls);
	remember(runtime);
	late = 0;
	alarm(TIMEOUT_SECONDS);
	for (;;) {
		pid_t pid = waitpid(-1, &status, __WALL);
		if (late || (pid < 0 && errno == EINTR)) {
			printf("timeout\n");
			break;
		}
		if (pid < 0)
			fail("waiting for the runtime");
		remember(pid);
		if (!WIFSTOPPED(status)) {
			for (int i = 0; i < pid_count; i++)
				if (pids[i] == pid)
					pids[i--] = pids[--pid_count];
			if (pid != runtime)
				continue;
			if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && !loaded)
				printf("none\n");
			else
				print_failure();
			break;
		}
		int signal = WSTOPSIG(status), event = status >> 16;
		if (signal == SIGSTOP && event == 0) {
			/* A process at its start. */
			ptrace(PTRACE_SETOPTIONS, pid, 0,
			       PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
				       PTRACE_O_TRACEEXEC | PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL);
			ptrace(PTRACE_CONT, pid, 0, 0);
		} else if (event == PTRACE_EVENT_SECCOMP && !loaded && pid != runtime) {
			struct __ptrace_syscall_info info;
			ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info);
			/* Then it stops at the call's end. */
			ptrace(keep_filter(pid, &info) ? PTRACE_SYSCALL : PTRACE_CONT, pid, 0, 0);
		} else if (signal == (SIGTRAP | 0x80)) {
			struct __ptrace_syscall_info info;
			ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info);
			loaded = info.exit.rval >= 0;
			if (loaded && !with_calls) {
				print_filter();
				break;
			}
			ptrace(PTRACE_CONT, pid, 0, 0);
		} else if (event == PTRACE_EVENT_EXEC && loaded && pid == attempt.pid) {
			next = make_calls(pid, first, count);
			break;
		} else {
			ptrace(PTRACE_CONT, pid, 0, event != 0 ? 0 : signal);
		}
	}
	alarm(0);
	kill_all();
	return next;
}

static void save(const char *config, size_t length)
{
	int fd = open("config.json", O_CREAT | O_WRONLY | O_TRUNC, 0600);
	if (fd < 0 || write(fd, config, length) != (ssize_t)length || close(fd) != 0)
		fail("config.json");
}

int main(void)
{
	char kind[16], name[256];
	size_t length;
	int count;
	struct sigaction action = { .sa_handler = on_alarm };
	sigaction(SIGALRM, &action, NULL);
	set_up();
	snprintf(id, sizeof id, "seccomp-sim-%d", getpid());
	snprintf(cgroup, sizeof cgroup, "/sys/fs/cgroup/%s", id);
	while (scanf("%15s %255s %zu", kind, name, &length) == 3) {
		int with_calls = strcmp(kind, "calls") == 0;
		if (with_calls && (scanf("%d", &count) != 1 || count > MAX_CALLS))
			return 1;
		getchar();
		char *config = malloc(length + 1);
		if (fread(config, 1, length, stdin) != length)
			return 1;
		save(config, length);
		free(config);
		for (int i = 0; with_calls && i < count; i++) {
			struct call *c = &calls[i];
			uint64_t *a = c->args;
			if (scanf("%d %lu %lu %lu %lu %lu %lu %lu", &c->bits, &c->nr, a, a + 1, a + 2, a + 3, a + 4, a + 5) != 8)
				return 1;
		}
		int next = 0;
		do {
			fflush(stdout);
			next = run(name, with_calls, next, count);
		} while (with_calls && next >= 0 && next < count);
	}
	rmdir(cgroup);
	return 0;
}
