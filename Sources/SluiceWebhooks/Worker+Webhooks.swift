import SluiceCore
public import SluiceWorker

extension Worker {
    /// Delivers notifications, as jobs of kind ``Notify/kind``. Serve queue ``Notify/queue``; all notifications of one job are a
    /// chain and go one after another.
    ///
    /// Receivers do not hold each other up: unless the queue declares another limit of that name, such as
    /// `.concurrency(10, per: "host")`, each host has a fifth of its concurrency, one at least, over all workers.
    public func deliverWebhooks(by sender: WebhookSender) {
        isolate(Notify.queue, by: "host")
        handle(kind: Notify.kind, options: sender.jobOptions) { arguments, context in
            guard context.queue == Notify.queue else {
                return .discard(
                    reason: "only jobs of queue \(Notify.queue) are signed, and this one is of queue \(context.queue)")
            }
            return await sender.deliver(arguments, id: context.id.text, logger: context.logger)
        }
        afterProcess { job in
            if job.kind == Notify.kind, job.state == .discarded { sender.died() }
        }
    }
}
