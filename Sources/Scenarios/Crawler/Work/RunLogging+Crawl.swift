import ScenarioSupport
import Sluice
import SluiceWorker

extension RunLogging {
    /// Of a crawl. Of jobs that need nothing only a sample is written down.
    static func crawl(log: RunLog, scale: Scale) -> RunLogging {
        RunLogging(log: log) { context in
            guard context.kind == Classify.kind, let number = Item.parts(of: context.id.text)?.number else { return true }
            return number % scale.sample == 0 || number < scale.sample || number >= scale.items
        } note: { error in
            switch error {
            case let error as DependencyUnavailable: "unavailable:" + error.dependency
            case is CancellationError: "cut"
            default: "failed"
            }
        }
    }
}
