import ArgumentParser
import SluiceCore

/// The options for the copies that a new job must have.
struct DurabilityOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Wait until this many replicas have the job. If the time is over first, the job is there all the same; the exit status is 1.",
            valueName: "n"))
    private var replicas: Int?

    @Option(
        help: ArgumentHelp("How long to wait for them. (default: 2s)", valueName: "duration"),
        transform: { try DurationText.parse($0) })
    private var replicasWithin: Duration?

    func validate() throws {
        if replicas == nil, replicasWithin != nil { throw ValidationError("--replicas-within goes with --replicas") }
        do throws(SluiceError) {
            _ = try choice.validated()
        } catch {
            throw ValidationError("--replicas: \(error.message)")
        }
    }

    /// The durability; that of the primary without an option.
    var choice: Durability {
        replicas.map { .replicas($0, within: replicasWithin ?? .seconds(2)) } ?? .primary
    }
}
