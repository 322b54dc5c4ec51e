import SluiceCore
import SluiceInspector

func isSlowerThanUsual(_ queue: QueueName, _ inspector: Inspector) async throws -> Bool {
    let hour = try await inspector.history(of: queue, by: .minute, last: .seconds(3600)).all
    let month = try await inspector.history(of: queue, by: .hour, last: .seconds(30 * 86_400)).all
    guard let now = hour.durations.quantile(0.95), let usual = month.durations.quantile(0.95) else { return false }
    return now > usual * 2
}

func needsMoreWorkers(_ queue: QueueName, _ inspector: Inspector) async throws -> Bool {
    let forecast = try await inspector.forecast(of: queue)
    guard case .places = forecast.bound else { return false }
    return switch forecast.answer {
    case .drains(let range): range.upperBound > .seconds(600)
    case .grows: true
    case .empty, .steady, .stalled, .noData: false
    }
}
