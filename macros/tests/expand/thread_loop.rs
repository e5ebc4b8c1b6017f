//! A loop on a thread is entered once, not polled.

#[traced_actor]
impl Worker {
    fn run(mut self) -> usize {
        let mut done = 0;
        while let Some(job) = self.rx.blocking_recv() {
            job.respond();
            done += 1;
        }
        done
    }
}
