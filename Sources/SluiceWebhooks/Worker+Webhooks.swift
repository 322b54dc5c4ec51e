import SluiceCore
public import SluiceWorker

extension Worker {
    /// Delivers notifications as jobs of kind ``Notify/kind``. The worker has to serve queue ``Notify/queue``. All notifications of
    /// one job form a chain and run one after another.
    ///
    /// A slow receiver does not delay the others: each host gets a fifth of the worker's concurrency, at least one, over all
    /// workers. Declare a limit of that name, such as `.concurrency(10, partition: "host")`, to change this.
    ///
    /// A notification that cannot be sent because this process or machine lacks descriptors, memory or ports spends no attempt. It is
    /// given back, and the worker claims nothing for a while.
    public func deliverWebhooks(by sender: WebhookSender) {
        isolate(Notify.queue, by: "host")
        handle(kind: Notify.kind, options: sender.jobOptions) { arguments, context in
            guard context.queue == Notify.queue else {
                return .discard(
                    reason: "only jobs of queue \(Notify.queue) are signed, and this one is of queue \(context.queue)")
            }
            return try await sender.deliver(arguments, id: context.id.text, logger: context.logger)
        }
        afterProcess { job in
            if job.kind == Notify.kind, job.state == .discarded { sender.died() }
        }
    }
}
