Console.WriteLine("ntscope");
return 0;
