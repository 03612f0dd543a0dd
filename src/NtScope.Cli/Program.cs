using NtScope.Cli;

return await Application.RunAsync(args).ConfigureAwait(false);
