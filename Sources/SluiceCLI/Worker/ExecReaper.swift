import Foundation
import Logging
import SluiceEmbedded
import Subprocess
import SystemPackage

/// Ends the commands of a worker that dies, even by SIGKILL.
///
/// A small shell watches over the commands. It reads the runs under way from a socket whose other end only this process holds. When
/// that end closes, the shell kills the process groups of these runs. It also kills all processes with the mark of one of these
/// runs in their environment, or in the name of their standard input, and their groups; descendants inherit the mark in any group
/// or session.
///
/// A run is announced before its command starts, and a child that has not yet begun its program holds a copy of the worker's end,
/// so no run is missed at its start. A command may clear its environment before this process has learned its group; its standard
/// input shows it then. The shell has a session of its own and ignores signals of a terminal. It costs a worker one
/// process, and a run three short writes.
///
/// A signal at the death of the parent (`PR_SET_PDEATHSIG`) would reach only the command and not its children. It is bound to the
/// thread that forked, and needs a program between the worker and each command to request it.
actor ExecReaper {
    /// A run that the shell knows.
    struct Run: Sendable {
        fileprivate let number: Int
        /// The mark of its processes in their environment.
        let mark: String
        /// The name of the file that its command has to have as standard input.
        var inputName: String { "\(ExecReaper.variable)=\(mark)" }
    }

    /// The name of the variable that holds the mark.
    static let variable = "SLUICE_RUN"
    private static let mostLaunches = 10
    private static let mostUnsent = 1 << 20

    private let token = String(UInt64.random(in: .min ... .max), radix: 36)
    private let logger: Logger
    private var count = 0
    /// The process groups of the runs under way, as soon as they are known.
    private var runs: [Int: Int32?] = [:]
    private var socket: Int32?
    /// The bytes that the shell has not taken yet.
    private var unsent: [UInt8] = []
    private var launches = 0
    private var launch: Task<Void, Never>?

    init(logger: Logger) { self.logger = logger }

    deinit {
        if let socket { close(socket) }
    }

    /// Registers a run whose command is about to start.
    func begin() async -> Run {
        count += 1
        let number = count
        runs[number] = .some(nil)
        tell("+ \(number)\n")
        // The end of the shell may only just have been detected.
        if socket == nil { await open() }
        return Run(number: number, mark: "\(token).\(number).")
    }

    /// Registers the process group of a run.
    func started(_ run: Run, group: Int32) {
        runs[run.number] = .some(group)
        tell("= \(run.number) \(group)\n")
    }

    /// Removes a run whose process group is gone.
    /// - Parameter isSwept: Whether to kill processes that have left the group.
    func ended(_ run: Run, isSwept: Bool) {
        guard runs.removeValue(forKey: run.number) != nil else { return }
        tell("\(isSwept ? "!" : "-") \(run.number)\n")
    }

    /// Starts the shell, unless it failed too often, and announces all runs under way.
    private func open() async {
        if let launch { return await launch.value }
        if launches == Self.mostLaunches { return }
        launches += 1
        let task = Task {
            do {
                adopt(try await Self.start(token))
            } catch {
                launches = Self.mostLaunches
                logger.warning(
                    "commands outlive a SIGKILL of this worker: the shell that would end them cannot be started",
                    metadata: ["error": "\(error)"])
            }
            launch = nil
        }
        launch = task
        await task.value
    }

    private func adopt(_ socket: Int32) {
        self.socket = socket
        unsent = []
        for (number, group) in runs {
            tell("+ \(number)\n")
            if let group { tell("= \(number) \(group)\n") }
        }
    }

    private func tell(_ line: String) {
        guard let socket else { return }
        unsent.append(contentsOf: line.utf8)
        while !unsent.isEmpty {
            let sent = UnixSocket.send(unsent, to: socket)
            if sent > 0 {
                unsent.removeFirst(sent)
            } else if errno == EAGAIN || errno == EWOULDBLOCK {
                // The shell is suspended, or slow.
                if unsent.count > Self.mostUnsent { unsent = [] }
                return
            } else if errno != EINTR {
                logger.warning(
                    "the shell that ends the commands of this worker if it dies is gone: another is started with the next run",
                    metadata: ["left": "\(Self.mostLaunches - launches)"])
                close(socket)
                self.socket = nil
                return
            }
        }
    }
}

extension ExecReaper {
    /// `+ RUN` begins, `= RUN GROUP` has started, `- RUN` has ended, `! RUN` has ended and the processes that left its group have
    /// to be killed.
    private static let script = """
        # Ends what runs of a worker leave behind when it dies.
        trap '' HUP INT QUIT TERM USR1 USR2 ALRM
        cd /
        exec 3<&0 </dev/null
        sweep() {
            rounds=0
            quiet=0
            while [ $quiet -lt 3 ] && [ $rounds -lt 100 ]; do
                rounds=$((rounds + 1))
                quiet=$((quiet + 1))
                for process in $(
                    grep -lsF "$@" /proc/[0-9]*/environ | sed 's|^/proc/\\([0-9]*\\)/.*|\\1|'
                    ls -l /proc/[0-9]*/fd/0 | grep -F "$@" | sed 's|.* /proc/\\([0-9]*\\)/fd/0 .*|\\1|'
                ); do
                    # A group of this number is led by a process of the run, or was.
                    kill -s KILL -- "-$process" && quiet=0
                    kill -s KILL "$process" && quiet=0
                done
                sleep 0.1
            done
        }
        {
            while read -r what run group <&3; do
                case $what in
                +) eval "run$run=" ;;
                =) eval "run$run=$group" ;;
                -) unset "run$run" ;;
                !) unset "run$run"; sweep -e "SLUICE_RUN=$1.$run." 3<&- & ;;
                esac
            done
            token=$1
            set -- $(set | sed -n 's/^run\\([0-9][0-9]*\\)=.*/\\1/p')
            [ $# -gt 0 ] || exit
            marks=
            for run; do
                eval "group=\\$run$run"
                [ -z "$group" ] || kill -s KILL -- "-$group"
                marks="$marks -e SLUICE_RUN=$token.$run."
            done
            sweep $marks
        } >/dev/null 2>&1 &
        """

    /// Returns this process's end of the socket.
    private static func start(_ token: String) async throws -> Int32 {
        guard let (ours, theirs) = UnixSocket.pair() else { throw Errno(rawValue: errno) }
        _ = fcntl(ours, F_SETFL, O_NONBLOCK)
        var platform = PlatformOptions()
        platform.createSession = true
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        do {
            _ = try await Subprocess.run(
                .path("/bin/sh"), arguments: ["-c", script, "sh", token], environment: .custom(["PATH": path]),
                platformOptions: platform,
                input: .fileDescriptor(FileDescriptor(rawValue: theirs), closeAfterSpawningProcess: true), output: .discarded,
                error: .discarded)
            return ours
        } catch {
            close(ours)
            throw error
        }
    }
}
