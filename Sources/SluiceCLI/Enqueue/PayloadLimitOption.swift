import ArgumentParser

/// The bound of jobs and results.
struct PayloadLimitOption: ParsableArguments {
    @Option(
        name: .customLong("payload-limit"),
        help: ArgumentHelp(
            "The most bytes of a job's arguments, and of its result. Redis and every worker hold them in memory.",
            valueName: "bytes"
        ))
    var limit = 1 << 20

    func validate() throws {
        guard (1...(64 << 20)).contains(limit) else {
            throw ValidationError("--payload-limit is 1 to 67108864 bytes, not \(limit)")
        }
    }
}
