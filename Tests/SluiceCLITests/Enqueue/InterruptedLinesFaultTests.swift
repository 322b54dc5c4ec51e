import Foundation
import SluiceTesting
import Subprocess
import SystemPackage
import Testing

/// Lines that go in while somebody presses Ctrl-C: a real process, a real signal.
@Suite(.timeLimit(.minutes(10)))
struct InterruptedLinesFaultTests {
    @Test(arguments: [false, true]) func ctrlCTellsHowManyLinesWentIn(json: Bool) async throws {
        let tool = try await Tool()
        let words = ["--redis", tool.url, "--namespace", tool.namespace, "enqueue", "mail", "--lines"] + (json ? ["--json"] : [])
        // The shell holds the input open, as a person at a terminal does, and is told by a file when to send the signal.
        let script = """
            mkfifo "$0.fifo"
            "$@" <"$0.fifo" >"$0.out" 2>"$0.err" &
            child=$!
            exec 3>"$0.fifo"
            printf 'a\\nb\\nc\\n' >&3
            read -r _
            kill -INT $child
            wait $child
            echo $?
            """
        let place = FileManager.default.temporaryDirectory.appending(path: "sluice-lines-\(tool.namespace)").path
        defer { for end in ["fifo", "out", "err"] { try? FileManager.default.removeItem(atPath: "\(place).\(end)") } }
        let (go, signal) = try FileDescriptor.pipe()
        let result = try await withThrowingTaskGroup(of: String?.self) { group in
            group.addTask {
                let end = try await Subprocess.run(
                    .path("/bin/sh"), arguments: Arguments(["-c", script, place, try Tool.path] + words),
                    input: .fileDescriptor(go, closeAfterSpawningProcess: true), output: .string(limit: 4096), error: .discarded)
                return end.standardOutput
            }
            group.addTask {
                while try await tool.run("status", "mail", "--json").output.contains("\"available\":3") == false {}
                _ = try signal.writeAll("now\n".utf8)
                try signal.close()
                return nil
            }
            var status: String?
            while let text = try await group.next() { status = text ?? status }
            return status
        }
        #expect(result == "130\n")
        let output = try String(contentsOfFile: place + ".out", encoding: .utf8)
        let error = try String(contentsOfFile: place + ".err", encoding: .utf8)
        #expect(error.contains("interrupted: the result of the first 3 lines follows"), "\(error)")
        #expect(
            json
                ? output.contains(#""added":3"#) && output.contains(#""interrupted":true,"lines":3"#)
                : output == "3 jobs enqueued in mail\n", "\(output)")
    }
}
