import SluiceCore
import Subprocess
import SystemPackage

/// One worker process of the demo, from its start to its end: this program again, with a hidden command.
struct DemoWorkerProcess: Sendable {
    let number: Int
    let url: String
    /// Completed jobs that the queue keeps.
    let keep: Int
    let stage: DemoStage

    private typealias Child = Execution<CustomWriteInput, SequenceOutput, FileDescriptorOutput>

    /// Runs the process until the stage is over; reports a failure to the stage.
    func run() async {
        var platform = PlatformOptions()
        // Ctrl-C at the terminal is for the demo, which then ends its workers.
        platform.processGroupID = 0
        platform.teardownSequence = [.send(signal: .kill, allowedDurationToNextStep: .zero)]
        do {
            let result = try await Subprocess.run(
                .path(FilePath(ProgramPath.current)), arguments: ["demo-worker", "--keep", "\(keep)"],
                // Arguments can be read by everyone on this machine, and the URL may have a password.
                environment: .inherit.updating(["SLUICE_REDIS_URL": url]), platformOptions: platform, input: .inputWriter,
                output: .sequence,
                error: .fileDescriptor(.standardError, closeAfterSpawningProcess: false)
            ) { child in
                await stage.started(number, process: child.processIdentifier.value)
                await attend(child)
            }
            let isSuccess = result.terminationStatus.isSuccess
            await stage.ended(number, failure: isSuccess ? nil : "ended by itself: \(result.terminationStatus)")
        } catch {
            await stage.ended(number, failure: "cannot run: \(error)")
        }
    }

    /// Reads the process's messages. Its standard input closes with the stage, and the process ends with its standard input.
    private func attend(_ child: Child) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await stage.untilOver()
                try? await child.standardInputWriter.finish()
            }
            do {
                for try await line in child.standardOutput.strings() {
                    guard let message = DemoMessage(line: line) else { continue }
                    let mustDie = await stage.take(message, from: number)
                    if mustDie {
                        try child.send(signal: .kill)
                    } else if message == .asks {
                        _ = try await child.standardInputWriter.write("go\n")
                    }
                }
            } catch {
                // The process is gone: its exit status gives the reason.
            }
            group.cancelAll()
        }
    }
}
