import SluiceCore

/// A message from a worker process of the demo, one per line.
enum DemoMessage: Equatable {
    /// The process is about to claim jobs.
    case ready(WorkerID)
    /// Redis has the outcome of one more run.
    case recorded
    /// The process is inside a job and waits for a line of the demo.
    case asks

    var line: String {
        switch self {
        case .ready(let worker): "ready \(worker)"
        case .recorded: "recorded"
        case .asks: "asks"
        }
    }

    init?(line: String) {
        let words = line.split(separator: " ")
        switch words.first {
        case "ready": self = .ready(WorkerID(known: String(words.dropFirst().first ?? "")))
        case "recorded": self = .recorded
        case "asks": self = .asks
        default: return nil
        }
    }
}
