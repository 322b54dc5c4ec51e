import Foundation
import ServiceLifecycle

/// Ends this process when the one that started it is gone, however that ended.
package struct ParentWatch: Service {
    private let parent = getppid()

    package init() {}

    package func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while getppid() == parent { try await Task.sleep(for: .milliseconds(250)) }
            exit(1)
        }
    }
}
