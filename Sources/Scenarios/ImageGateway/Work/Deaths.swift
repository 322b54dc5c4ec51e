import Foundation
import ScenarioSupport

/// Where a worker process dies, by the number of an order.
struct Deaths: Sendable {
    let log: RunLog

    enum Point: String, Sendable, CaseIterable {
        /// The upstream has a task, and Redis does not know of it.
        case submitted
        /// The state of a task is known, and was not told.
        case looked
        /// A refund was paid, and that is not recorded.
        case paid
        /// Whenever an order is worked on.
        case deadly
    }

    /// Ends this process if an order is to be the death of it here, and was not before.
    func pass(_ point: Point, _ order: Order) {
        switch point {
        case .submitted: if order.diesSubmitted { die(point, order) }
        case .looked: if order.diesLooking { die(point, order) }
        case .paid: if order.diesPaying { die(point, order) }
        case .deadly: if order == .deadly { end(point, order) }
        }
    }

    private func die(_ point: Point, _ order: Order) {
        if log.mark("died.\(point.rawValue).\(order.number)") { end(point, order) }
    }

    private func end(_ point: Point, _ order: Order) {
        log.write(RunLine(.warned, order.id, attempt: 0, note: point.rawValue))
        kill(getpid(), SIGKILL)
    }
}
