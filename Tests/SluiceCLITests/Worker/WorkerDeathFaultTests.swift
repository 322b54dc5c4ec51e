#if os(Linux)
    import Foundation
    import Logging
    import Subprocess
    import Testing

    @testable import SluiceCLI

    /// What is left of the commands of a worker that dies: nothing.
    @Suite(.serialized, .timeLimit(.minutes(10)))
    struct WorkerDeathFaultTests {
        /// Marks all processes of a test, the worker's included; not those that it has started to outlive it.
        private static let variable = "DEATH_TEST"
        private let mark = "\(UInt64.random(in: .min ... .max))"

        private func isOfTest(_ process: Processes.One) -> Bool { process.environment.contains("\(Self.variable)=\(mark)") }

        private func isSleeping(_ process: Processes.One) -> Bool {
            isOfTest(process) && process.arguments.first?.hasSuffix("sleep") == true
        }

        /// Runs a command that comes to so many sleeping processes, and kills its worker by a signal.
        private func kill(
            _ signal: Signal, _ command: String, jobs: Int = 1, sleeping count: Int, _ options: [String] = []
        ) async throws -> TerminationStatus {
            let tool = try await Tool()
            _ = try await tool.run("enqueue", "mail", "--lines", input: String(repeating: "x\n", count: jobs))
            let end = try await tool.worker(command, options, environment: [Self.variable: mark]) { child, _ in
                _ = try await Processes.wait(for: count, isSleeping)
                #expect(Foundation.kill(child.processIdentifier.value, signal.rawValue) == 0)
            }
            try await Processes.waitForNone(isOfTest)
            return end.status
        }

        @Test(arguments: [Signal.kill, .quit, .userDefinedOne, .userDefinedTwo, .alarm])
        func noSignalOrphansACommand(_ signal: Signal) async throws {
            let status = try await kill(signal, "sh -c 'sleep 1000 & sleep 1000; true'", sleeping: 2)
            #expect(status == .signaled(signal.rawValue))
        }

        @Test func whatHasLeftTheProcessGroupDiesToo() async throws {
            let script = "setsid sleep 1000 & (setsid sh -c \"sleep 1000; true\" &) ; sleep 1000"
            #expect(try await kill(.kill, "sh -c '\(script)'", sleeping: 3) == .signaled(SIGKILL))
        }

        @Test func aCommandWithAnEnvironmentOfItsOwnDiesToo() async throws {
            // The variable of the test is all that it has.
            let command = "env -i \(Self.variable)=\(mark) sleep 1000"
            #expect(try await kill(.kill, command, sleeping: 1) == .signaled(SIGKILL))
        }

        @Test func aCommandDiesWhoseGroupTheKeeperDoesNotKnowYet() async throws {
            var reaper: ExecReaper? = ExecReaper(logger: Logger(label: "test"))
            let run = try #require(await reaper?.begin())
            let input = try ExecInput([], named: run.inputName)
            var platform = PlatformOptions()
            platform.processGroupID = 0
            // The second one has no mark of the run, neither in its environment nor as its input.
            let end = try await Subprocess.run(
                .name("env"), arguments: ["-i", "\(Self.variable)=\(mark)", "sh", "-c", "sleep 1000 & sleep 1000; true"],
                platformOptions: platform, input: .fileDescriptor(input.file, closeAfterSpawningProcess: false),
                output: .discarded, error: .discarded
            ) { _ in
                _ = try await Processes.wait(for: 2, isSleeping)
                reaper = nil
            }
            #expect(end.terminationStatus == .signaled(SIGKILL))
            try await Processes.waitForNone(isOfTest)
        }

        @Test func aDeathBetweenTheStartsOfCommandsLeavesNone() async throws {
            for count in [1, 4, 9] {
                let command = "sh -c 'sleep 1000; true'"
                let status = try await kill(.kill, command, jobs: 40, sleeping: count, ["--concurrency", "40"])
                #expect(status == .signaled(SIGKILL))
            }
        }

        @Test func aKeeperThatIsKilledIsReplaced() async throws {
            let tool = try await Tool()
            _ = try await tool.run("enqueue", "mail")
            let isKeeper = { (process: Processes.One) in
                process.arguments.contains { $0.contains("Ends what runs of a worker leave behind") }
            }
            let others = Set(Processes.all().filter(isKeeper).map(\.id))
            let end = try await tool.worker("sleep 1000", environment: [Self.variable: mark]) { child, _ in
                _ = try await Processes.wait(isSleeping)
                for reaper in try await Processes.wait({ isKeeper($0) && !others.contains($0.id) }) {
                    #expect(Foundation.kill(reaper.id, SIGKILL) == 0)
                }
                try await Processes.waitForNone { isKeeper($0) && !others.contains($0.id) }
                _ = try await tool.run("enqueue", "mail")
                _ = try await Processes.wait(for: 2, isSleeping)
                try child.send(signal: .kill)
            }
            #expect(end.log.contains("another is started"))
            try await Processes.waitForNone(isOfTest)
        }

        @Test func aBenchThatIsKilledLeavesNoWorker() async throws {
            let bench = Task { [mark] in
                try await Tool.run(
                    ["bench", "--mode", "drain", "--jobs", "200000"], environment: [Self.variable: mark])
            }
            let workers = try await Processes.wait { isOfTest($0) && $0.arguments.contains("bench-worker") }
            #expect(!workers.isEmpty)
            bench.cancel()
            _ = try? await bench.value
            try await Processes.waitForNone { isOfTest($0) && $0.arguments.contains("bench-worker") }
        }
    }
#endif
