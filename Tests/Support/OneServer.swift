import SluiceTesting
package import Testing

extension Trait where Self == ConditionTrait {
    /// For tests that only make sense with one server. With `SLUICE_TEST_TOPOLOGY=cluster` they are skipped, and say why.
    package static func oneServer(_ why: Comment) -> Self { .disabled(if: TestTopology.isCluster, why) }

    /// For tests that break calls on their way to one server.
    package static var proxied: Self { .oneServer("a proxy breaks the calls to one server") }
}
