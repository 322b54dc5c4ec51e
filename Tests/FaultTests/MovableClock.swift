import Foundation
import Subprocess
import Synchronization
import SystemPackage

/// A `redis-server` whose time of day a test can move: a small library, compiled here, stands between the server and the clock.
final class MovableClock: Sendable {
    /// The C compiler, which a host need not have.
    static let compiler: String? = ["/usr/bin/cc", "/usr/bin/gcc", "/usr/bin/clang", "/usr/local/bin/cc"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// Has a `redis-server`; for `searchPath`.
    let directory: String
    private var file: String { directory + "/offset" }

    init() async throws {
        directory = FileManager.default.temporaryDirectory.path + "/sluice-clock-\(UInt64.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try Data(count: 8).write(to: URL(fileURLWithPath: directory + "/offset"))
        try Self.source.write(toFile: directory + "/clock.c", atomically: true, encoding: .utf8)
        try await run(Self.compiler ?? "cc", "-shared", "-fPIC", "-O1", "-o", directory + "/clock.so", directory + "/clock.c")
        let server = try await run("/bin/sh", "-c", "command -v redis-server || command -v valkey-server")
        let script = """
            #!/bin/sh
            LD_PRELOAD=\(directory)/clock.so SLUICE_TEST_CLOCK=\(directory)/offset exec \(server) "$@"

            """
        try script.write(toFile: directory + "/redis-server", atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: directory + "/redis-server")
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    /// Sets the server's clock so far ahead of this machine's.
    func set(ahead: Duration) throws {
        let descriptor = try FileDescriptor.open(FilePath(file), .writeOnly)
        try descriptor.closeAfter {
            var seconds = Int64(ahead.components.seconds)
            _ = try withUnsafeBytes(of: &seconds) { try descriptor.writeAll($0) }
        }
    }

    @discardableResult
    private func run(_ command: String, _ arguments: String...) async throws -> String {
        let result = try await Subprocess.run(
            .path(FilePath(command)), arguments: Arguments(arguments), output: .string(limit: 4096), error: .string(limit: 4096))
        guard result.terminationStatus.isSuccess else { throw Failure(text: "\(command): \(result.standardError)") }
        return result.standardOutput.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    struct Failure: Error { var text: String }

    /// Reads how many seconds to add from a file that it maps, so that each look at the clock costs next to nothing.
    private static let source = """
        #define _GNU_SOURCE
        #include <fcntl.h>
        #include <stdint.h>
        #include <stdlib.h>
        #include <sys/mman.h>
        #include <sys/syscall.h>
        #include <sys/time.h>
        #include <time.h>
        #include <unistd.h>

        static volatile int64_t *offset;

        __attribute__((constructor)) static void begin(void) {
            const char *path = getenv("SLUICE_TEST_CLOCK");
            int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
            if (file < 0) return;
            void *page = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
            if (page != MAP_FAILED) offset = page;
            close(file);
        }

        static int64_t ahead(void) { return offset ? *offset : 0; }

        int clock_gettime(clockid_t clock, struct timespec *time) {
            int result = syscall(SYS_clock_gettime, clock, time);
            if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) time->tv_sec += ahead();
            return result;
        }

        int gettimeofday(struct timeval *time, void *zone) {
            struct timespec now;
            (void)zone;
            if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
            time->tv_sec = now.tv_sec;
            time->tv_usec = now.tv_nsec / 1000;
            return 0;
        }

        time_t time(time_t *result) {
            struct timespec now;
            clock_gettime(CLOCK_REALTIME, &now);
            if (result) *result = now.tv_sec;
            return now.tv_sec;
        }
        """
}
