import ArgumentParser
import Logging
import SluiceCore
import SluiceToolSupport

/// The options for the times of a worker: one, from which the others follow.
struct TimesOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The longest time that a job may take, such as 10m. --grace and --lease follow from it, and the worker logs what to give "
                + "its supervisor: TimeoutStopSec of systemd, terminationGracePeriodSeconds of Kubernetes. It ends no job: that is the "
                + "job's timeout.", valueName: "duration"),
        transform: { try DurationText.parse($0) })
    var longestJob: Duration?

    @Option(
        help: ArgumentHelp(
            "How long a stop waits for running jobs, at least --longest-job. After it they have 10s to end, and the process another 20s. "
                + "(default: --longest-job; 30s without it)", valueName: "duration"),
        transform: { try DurationText.parse($0) })
    var grace: Duration?

    @Option(
        help: ArgumentHelp(
            "How long after this worker's death its jobs run elsewhere: 1s to 1d. A worker that lives renews it, so jobs may take longer. "
                + "(default: --longest-job, but 10s to 30s; 30s without it)", valueName: "duration"),
        transform: { try DurationText.parse($0) })
    var lease: Duration?

    func validate() throws {
        do throws(ServiceTimes.Contradiction) {
            _ = try times()
        } catch {
            throw ValidationError(error.description)
        }
    }

    func times() throws(ServiceTimes.Contradiction) -> ServiceTimes {
        // A command that gets SIGKILL has a moment to be gone.
        try ServiceTimes(
            longestJob: longestJob, lease: lease, grace: grace, cancellation: ExecCommand.standardKillGrace + .seconds(5))
    }

    /// The times for the log, with the settings of supervisors.
    static func metadata(_ times: ServiceTimes) -> Logger.Metadata {
        [
            "grace": "\(DurationText.exact(times.grace))", "lease": "\(DurationText.exact(times.lease))",
            "stop": "\(DurationText.exact(times.stop))", "TimeoutStopSec": "\(times.stopSeconds)",
            "terminationGracePeriodSeconds": "\(times.stopSeconds)",
        ]
    }
}
