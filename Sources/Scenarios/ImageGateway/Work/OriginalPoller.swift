import ScenarioSupport
import ServiceLifecycle
import SluiceStore

/// How the original learnt of tasks: each process asks for all that are not at 100 %, account after account, at a fixed interval,
/// and writes into the row what it was told. A failure is paid back before that, by the process that has seen it.
struct OriginalPoller: Service {
    let store: Store
    let upstream: UpstreamClient
    let bank: String
    let log: RunLog

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                try? await look()
                try await ContinuousClock().sleep(for: Scale.interval)
            }
        }
    }

    private func look() async throws {
        let rows = OriginalRows(store: store)
        // What says 100 % was taken for done, whatever its status.
        let open = Dictionary(grouping: try await rows.all().filter { $0.progress < 100 && $0.ended == nil }, by: \.account)
        for (account, some) in open.sorted(by: { $0.key < $1.key }) {
            guard let found = try? await upstream.poll(some.map(\.task), of: account) else { continue }
            for var row in some {
                guard let status = found[row.task] else { continue }
                (row.status, row.progress) = (status.status, status.progress)
                if status.status != .inProgress { row.ended = RunLine.now() }
                if status.status == .failure {
                    _ = try? await Caller(timeout: .seconds(5)).post(bank, Messages.Payment(order: row.order, cents: 10))
                    Deaths(log: log).pass(.paid, Order(number: row.order))
                }
                try await rows.put(row)
            }
        }
    }
}
