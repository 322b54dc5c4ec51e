import SluiceCore
public import SluiceWorker

extension Worker {
    /// Delivers notifications, as jobs of kind ``Notify/kind``. Serve queue ``Notify/queue``; all notifications of one job are a
    /// chain and go one after another.
    ///
    /// Limits per receiver are those of dimension `host`, such as `.concurrency(10, per: "host")`, so that one that hangs does not
    /// take all places.
    public func deliverWebhooks(by sender: WebhookSender) {
        handle(kind: Notify.kind, options: sender.jobOptions) { arguments, context in
            await sender.deliver(arguments, id: context.id.text, logger: context.logger)
        }
        afterProcess { job in
            if job.kind == Notify.kind, job.state == .discarded { sender.died() }
        }
    }
}
