import Sluice
import SluiceCore

/// The partitions of a benchmark's jobs, and their limits.
struct BenchLanes {
    /// The names of the dimensions; a benchmark uses the first ones.
    static let names = ["p", "q"]

    /// Values of each dimension.
    var partitions: Int
    /// Places at each value, dimension by dimension.
    var limits: [Int]

    /// The limits as `sluice worker --limit` takes them.
    var specs: [String] { zip(Self.names, limits).map { "concurrency=\($1)/\($0)" } }

    /// Round-robin in the first dimension; in the second, all values come together with all of the first.
    func values(of number: Int) -> Partitions {
        var rest = number
        var values: [String: String] = [:]
        for (name, _) in zip(Self.names, limits) {
            values[name] = "\(rest % partitions)"
            rest /= partitions
        }
        return Partitions(values)
    }
}

/// The measured job, in a lane.
struct BenchLaneJob: Job {
    static let kind = BenchJob.kind
    var job: BenchJob
    var partitions: Partitions

    init(_ job: BenchJob, _ partitions: Partitions) {
        self.job = job
        self.partitions = partitions
    }

    init(from decoder: any Decoder) throws { self.init(try BenchJob(from: decoder), [:]) }

    func encode(to encoder: any Encoder) throws { try job.encode(to: encoder) }
}
