//! A loop on a thread is entered once, not polled.
impl Worker {
    #[doc(hidden)]
    fn __traced_run(mut self) -> usize {
        let mut done = 0;
        while let Some(job) = self.rx.blocking_recv() {
            job.respond();
            done += 1;
        }
        done
    }
    fn run(self) -> usize {
        if false {
            use ::traced_actor::__private::traits::*;
            (&self.rx).loses_trace();
        }
        let flow = ::traced_actor::__private::enter(
            const { &::traced_actor::Options::new().name("Worker") },
            ::traced_actor::__private::Loop {
                shares: false,
                continues: false,
            },
        );
        let output = self.__traced_run();
        flow.end({
            use ::traced_actor::__private::traits::*;
            (&&&::traced_actor::__private::Outcome(&output)).failure()
        });
        return output;
    }
}
